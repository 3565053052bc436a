import Foundation
public import Tensors

extension SafetensorsFile {
  /// Reads a tensor of F64, F32, F16 or BF16, rounded to nearest or widened to `dtype`.
  /// - Throws: `CheckpointError` if there is no such tensor or it does not hold floating-point numbers.
  public func tensor(_ name: String, as dtype: DType = .float32, pool: MemoryPool? = nil) throws -> Tensor {
    let entry = try entry(name)
    guard entry.storedType.isFloatingPoint else {
      throw CheckpointError(
        url.path, "tensor \(name) holds \(entry.storedType.rawValue) where floating-point numbers are needed")
    }
    let tensor = Tensor(uninitialized: entry.shape, dtype: dtype, pool: pool)
    let (type, count) = (entry.storedType, entry.count)
    try withBytes(name) { source in
      switch dtype {
      case .float32: FloatConversion.copy(source, type, to: tensor.floatPointer, count: count)
      case .bfloat16: FloatConversion.copy(source, type, to: tensor.bfloat16Pointer, count: count)
      }
    }
    return tensor
  }

  /// Reads a tensor of F64, F32, F16 or BF16 as float32 in row-major order.
  public func floats(_ name: String) throws -> [Float] {
    try tensor(name).floats()
  }

  /// Reads a tensor of integers or booleans (as 0 and 1) in row-major order.
  /// - Throws: `CheckpointError` if there is no such tensor or it holds anything that is no signed 64-bit integer.
  public func int64s(_ name: String) throws -> [Int64] {
    let entry = try entry(name)

    func load<Number: FixedWidthInteger & BitwiseCopyable>(
      _ type: Number.Type, _ bytes: UnsafeRawBufferPointer
    ) throws -> [Int64] {
      try (0..<entry.count).map { index in
        let value = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Number>.size, as: type)
        guard let integer = Int64(exactly: value) else {
          throw CheckpointError(url.path, "tensor \(name) holds \(value), too large for a signed integer")
        }
        return integer
      }
    }

    return try withBytes(name) { bytes in
      switch entry.storedType {
      case .bool:
        try load(UInt8.self, bytes).map { value in
          guard value < 2 else {
            throw CheckpointError(url.path, "tensor \(name) holds the byte \(value), which is no boolean")
          }
          return value
        }
      case .uint8: try load(UInt8.self, bytes)
      case .int8: try load(Int8.self, bytes)
      case .int16: try load(Int16.self, bytes)
      case .uint16: try load(UInt16.self, bytes)
      case .int32: try load(Int32.self, bytes)
      case .uint32: try load(UInt32.self, bytes)
      case .int64: try load(Int64.self, bytes)
      case .uint64: try load(UInt64.self, bytes)
      case .float16, .bfloat16, .float32, .float64:
        throw CheckpointError(
          url.path, "tensor \(name) holds \(entry.storedType.rawValue) where integers are needed")
      }
    }
  }
}
