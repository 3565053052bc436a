internal import Foundation

/// How other modules read and write the numbers, which lie in the memory of the processor here; another device would copy.
extension Tensor {
  /// A tensor whose memory `fill` writes, all of it: the elements in row-major order, in the machine's byte order.
  package init(
    shape: some Collection<Int>, dtype: DType = .float32, pool: MemoryPool? = nil,
    filling fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    self.init(uninitialized: shape, dtype: dtype, pool: pool)
    try fill(bytes)
  }

  /// A float32 tensor whose memory `fill` writes, all of it: the elements in row-major order.
  package init(floats shape: [Int], filling fill: (UnsafeMutablePointer<Float>) throws -> Void) rethrows {
    self.init(uninitialized: shape)
    try fill(floatPointer)
  }

  /// Lends the stored elements in row-major order, in the machine's byte order.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(bytes))
  }

  /// Lends the elements in row-major order, as float32.
  package func withFloats<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    let wide = converted(to: .float32)
    defer { withExtendedLifetime(wide) {} }
    return try body(UnsafeBufferPointer(start: wide.floatPointer, count: count))
  }

  /// The elements, converted to float32, in row-major order.
  package func floats() -> [Float] { withFloats { Array($0) } }

  /// The elements rounded or widened to another format; itself where it already has it.
  package func converted(to target: DType, pool: MemoryPool? = nil) -> Tensor {
    guard target != dtype else { return self }
    let result = Tensor(uninitialized: shape, dtype: target, pool: pool)
    switch target {
    case .float32:
      for index in 0..<count { result.floatPointer[index] = Float(bfloat16Bits: bfloat16Pointer[index]) }
    case .bfloat16:
      for index in 0..<count { result.bfloat16Pointer[index] = floatPointer[index].bfloat16Bits }
    }
    return result
  }

  /// Whether no element is NaN or infinite.
  package var isFinite: Bool {
    var check = FiniteCheck()
    withExtendedLifetime(storage) {
      switch dtype {
      case .float32:
        for number in UnsafeBufferPointer(start: floatPointer, count: count) { check.add(number) }
      case .bfloat16:
        for bits in UnsafeBufferPointer(start: bfloat16Pointer, count: count) {
          check.add(bfloat16Bits: bits)
        }
      }
    }
    return check.isFinite
  }

  /// Whether both have the same shape and format and the same bits.
  package func isIdentical(to other: Tensor) -> Bool {
    guard shape == other.shape, dtype == other.dtype else { return false }
    guard storage !== other.storage || offset != other.offset, count > 0 else { return true }
    return memcmp(
      storage.address + offset * dtype.size, other.storage.address + other.offset * dtype.size,
      count * dtype.size) == 0
  }

  /// The column of each row's largest element; among equals the first.
  package func largestColumns() -> [Int] {
    let width = width
    return withFloats { numbers in
      (0..<rows).map { row in
        let start = row * width
        return (1..<max(1, width)).reduce(0) { numbers[start + $1] > numbers[start + $0] ? $1 : $0 }
      }
    }
  }
}
