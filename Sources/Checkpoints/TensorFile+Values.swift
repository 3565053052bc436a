import Foundation
package import Tensors

extension TensorFile {
  /// As `TensorSource.tensor`; NaN and infinities are found while they are converted. Bytes of the file are let go as soon as they are converted, so that the memory that
  /// loading takes is that of the result.
  package func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    let entry = try entry(name)
    guard let format = entry.storedType.floatFormat else {
      throw CheckpointError(
        url.path,
        "tensor \(name) holds \(entry.storedType.rawValue) where floating-point numbers are needed")
    }
    return try Tensor(shape: entry.shape, dtype: dtype, pool: pool) { memory in
      try forEachChunk(of: entry) { source, elements in
        guard let target = memory.baseAddress else { return }
        let place = target + elements.lowerBound * dtype.size
        let isFinite =
          switch dtype {
          case .float32:
            FloatConversion.copy(
              source, format, to: place.assumingMemoryBound(to: Float.self), count: elements.count)
          case .bfloat16:
            FloatConversion.copy(
              source, format, to: place.assumingMemoryBound(to: UInt16.self), count: elements.count)
          }
        guard isFinite else { throw CheckpointError.notFinite(name, at: url.path, as: dtype) }
      }
    }
  }

  /// As `TensorSource.int64s`.
  package func int64s(_ name: String) throws -> [Int64] {
    let entry = try entry(name)
    var result: [Int64] = []
    result.reserveCapacity(entry.count)

    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws {
      try forEachChunk(of: entry) { source, elements in
        for index in 0..<elements.count {
          let value = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Number>.size, as: type)
          guard let integer = Int64(exactly: value) else {
            throw CheckpointError(url.path, "tensor \(name) holds \(value), too large for a signed integer")
          }
          result.append(integer)
        }
      }
    }

    switch entry.storedType {
    case .bool:
      try load(UInt8.self)
      if let value = result.first(where: { $0 > 1 }) {
        throw CheckpointError(url.path, "tensor \(name) holds the byte \(value), which is no boolean")
      }
    case .uint8: try load(UInt8.self)
    case .int8: try load(Int8.self)
    case .int16: try load(Int16.self)
    case .uint16: try load(UInt16.self)
    case .int32: try load(Int32.self)
    case .uint32: try load(UInt32.self)
    case .int64: try load(Int64.self)
    case .uint64: try load(UInt64.self)
    default:
      throw CheckpointError(
        url.path, "tensor \(name) holds \(entry.storedType.rawValue) where integers are needed")
    }
    return result
  }

  /// Lends the elements of a tensor in row-major order, some mebibytes at a time.
  private func forEachChunk(
    of entry: TensorEntry, _ body: (UnsafeRawBufferPointer, Range<Int>) throws -> Void
  ) throws {
    let (size, count) = (entry.storedType.size, entry.count)
    guard count > 0 else { return }
    guard let strides = entry.strides else {
      let step = (4 << 20) / size
      for start in stride(from: 0, to: count, by: step) {
        let elements = start..<min(start + step, count)
        let first = entry.range.lowerBound
        let bytes = first + elements.lowerBound * size..<first + elements.upperBound * size
        try withBytes(in: bytes) { try body($0, elements) }
        release(bytes)
      }
      return
    }
    defer { release(entry.range) }
    let view = StridedElements(shape: entry.shape, strides: strides, size: size)
    try withBytes(in: entry.range) { source in
      let step = min(count, (1 << 20) / size)
      try withUnsafeTemporaryAllocation(byteCount: step * size, alignment: 8) { chunk in
        for start in stride(from: 0, to: count, by: step) {
          let elements = start..<min(start + step, count)
          view.copy(elements, from: source, to: chunk)
          try body(UnsafeRawBufferPointer(rebasing: chunk[..<(elements.count * size)]), elements)
        }
      }
    }
  }
}
