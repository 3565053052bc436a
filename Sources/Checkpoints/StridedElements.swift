/// The elements of a view whose strides are not those of row-major order, such as a transposed matrix.
///
/// The caller has checked that every index lies in the bytes.
struct StridedElements {
  let shape: [Int]
  /// In elements, none of them negative.
  let strides: [Int]
  /// Bytes per element.
  let size: Int

  /// The strides of a shape whose elements stand one behind the other; nil where these are the given ones, since
  /// axes of length 1 are never stepped along.
  static func departing(_ strides: [Int], shape: [Int]) -> [Int]? {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      guard stride == expected else { return strides }
      expected *= length
    }
    return nil
  }

  /// Copies elements that are counted in row-major order.
  func copy(
    _ elements: Range<Int>, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer
  ) {
    switch size {
    case 1: copy(elements, UInt8.self, from: source, to: target)
    case 2: copy(elements, UInt16.self, from: source, to: target)
    case 4: copy(elements, UInt32.self, from: source, to: target)
    default: copy(elements, UInt64.self, from: source, to: target)
    }
  }

  private func copy<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ elements: Range<Int>, _ type: Bits.Type, from source: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawBufferPointer
  ) {
    guard let length = shape.last, let step = strides.last else { return }
    var index = [Int](repeating: 0, count: shape.count)
    var rest = elements.lowerBound
    for axis in shape.indices.reversed() {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    var done = 0
    while done < elements.count {
      let start = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
      let run = min(length - index[index.count - 1], elements.count - done)
      for position in 0..<run {
        let bits = source.loadUnaligned(fromByteOffset: (start + position * step) * size, as: type)
        target.storeBytes(of: bits, toByteOffset: (done + position) * size, as: type)
      }
      done += run
      index[index.count - 1] = 0
      for axis in shape.indices.dropLast().reversed() {
        index[axis] += 1
        guard index[axis] == shape[axis] else { break }
        index[axis] = 0
      }
    }
  }
}
