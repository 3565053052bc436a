package import Tensors

/// Named tensors to read one by one, from one file, from the files of a folder, or merged from several.
package protocol TensorSource: Sendable {
  /// Every tensor's name.
  var names: [String] { get }

  /// Format and shape of a tensor, without reading it.
  /// - Throws: `CheckpointError` if there is no such tensor.
  func entry(_ name: String) throws -> TensorEntry

  /// The file that a tensor is read from, for messages.
  /// - Throws: `CheckpointError` if there is no such tensor.
  func path(of name: String) throws -> String

  /// Reads a tensor of F64, F32, F16 or BF16, rounded to nearest or widened to `dtype`.
  /// - Throws: `CheckpointError` if there is no such tensor, it does not hold floating-point numbers, or one of them is NaN
  ///   or infinite, there or in `dtype`.
  func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor

  /// Lends the bytes of a tensor as they are stored, little-endian.
  /// - Throws: `CheckpointError` if there is no such tensor or its elements do not stand one behind the other.
  func withStoredBytes<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result

  /// Lends the rows of a tensor of blocks, which its first axis counts, each by its place in memory, in the order in which the model has them.
  /// - Throws: `CheckpointError` if there is no such tensor, or it cannot be had by rows.
  func withStoredRows<Result>(_ name: String, _ body: ([UnsafeRawPointer]) throws -> Result) throws -> Result

  /// Reads a tensor of integers or booleans (as 0 and 1) in row-major order.
  /// - Throws: `CheckpointError` if there is no such tensor or it holds anything that is no signed 64-bit integer.
  func int64s(_ name: String) throws -> [Int64]
}

extension TensorSource {
  /// The rows of a tensor that is stored row by row; a vector is one.
  package func withStoredRows<Result>(
    _ name: String, _ body: ([UnsafeRawPointer]) throws -> Result
  ) throws -> Result {
    let shape = try entry(name).shape
    let rows = shape.count > 1 ? shape[0] : 1
    return try withStoredBytes(name) { bytes in
      guard let start = bytes.baseAddress else { return try body([]) }
      return try body((0..<rows).map { start + bytes.count / rows * $0 })
    }
  }

  /// Reads a tensor of F64, F32, F16 or BF16 into memory of its own.
  package func tensor(_ name: String, as dtype: DType = .float32) throws -> Tensor {
    try tensor(name, as: dtype, pool: nil)
  }

  /// Reads a tensor of F64, F32, F16 or BF16 as float32 in row-major order.
  package func floats(_ name: String) throws -> [Float] {
    try tensor(name).floats()
  }
}
