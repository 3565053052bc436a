/// A dense array of numbers in row-major order.
///
/// A tensor is a value that never changes once an operation has made it; copies share their memory.
package struct Tensor: Sendable {
  /// Length of each axis.
  package let shape: Shape
  package let dtype: DType
  let storage: Storage
  /// Position of the first element in `storage`, in elements.
  let offset: Int

  init(storage: Storage, offset: Int, shape: Shape, dtype: DType) {
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.dtype = dtype
  }

  /// Memory for `shape` whose content is undefined until it is written.
  package init(uninitialized shape: some Collection<Int>, dtype: DType = .float32, pool: MemoryPool? = nil) {
    let shape = Shape(shape)
    self.init(
      storage: .of(bytes: shape.elements * dtype.size, pool: pool), offset: 0, shape: shape, dtype: dtype)
  }

  package static func zeros(
    _ shape: some Collection<Int>, dtype: DType = .float32, pool: MemoryPool? = nil
  ) -> Tensor {
    let tensor = Tensor(uninitialized: shape, dtype: dtype, pool: pool)
    tensor.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    return tensor
  }

  /// A float32 tensor that holds `values`, whose count must be the product of `shape`.
  package init(_ values: [Float], shape: some Collection<Int>) {
    precondition(
      values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
    self.init(uninitialized: shape)
    values.withUnsafeBytes { bytes.copyMemory(from: $0) }
  }

  /// Number of elements.
  package var count: Int { shape.elements }

  /// Length of the first axis; 1 for a scalar.
  package var rows: Int { shape.rows }

  /// Length of one row, which is everything behind the first axis.
  package var width: Int { shape.width }

  /// The only element of a tensor that has one.
  package var scalar: Float {
    precondition(count == 1, "a tensor of shape \(shape) is not a scalar")
    return floats()[0]
  }

  /// Some consecutive rows; shares this tensor's memory.
  /// - Shape: `[range.count, …]`
  package func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(shape)")
    return Tensor(
      storage: storage, offset: offset + range.lowerBound * width,
      shape: shape.withRows(range.count), dtype: dtype)
  }

  /// The same elements under another shape of the same count; shares this tensor's memory.
  package func reshaped(_ newShape: some Collection<Int>) -> Tensor {
    let newShape = Shape(newShape)
    precondition(newShape.elements == count, "\(shape) cannot be seen as \(newShape)")
    return Tensor(storage: storage, offset: offset, shape: newShape, dtype: dtype)
  }

  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: storage.address + offset * dtype.size, count: count * dtype.size)
  }

  var floatPointer: UnsafeMutablePointer<Float> {
    precondition(dtype == .float32, "a \(dtype.rawValue) tensor read as f32")
    return storage.address.assumingMemoryBound(to: Float.self) + offset
  }

  var bfloat16Pointer: UnsafeMutablePointer<UInt16> {
    precondition(dtype == .bfloat16, "a \(dtype.rawValue) tensor read as bf16")
    return storage.address.assumingMemoryBound(to: UInt16.self) + offset
  }
}
