package import Tensors
internal import Wording

/// How packed matrices lie in files: as bytes in the order of memory, under the tensor's name and the format's as a suffix,
/// such as `model.layers.0.mlp.up_proj.weight.int4`.
extension PackedMatrix.Format {
  package var suffix: String { ".\(rawValue)" }

  /// A stored name without the suffix, and the format that the suffix stands for.
  package static func split(_ stored: String) -> (name: String, format: PackedMatrix.Format?) {
    for format in allCases where stored.hasSuffix(format.suffix) {
      return (String(stored.dropLast(format.suffix.count)), format)
    }
    return (stored, nil)
  }
}

extension TensorSource {
  /// Reads a packed matrix of `shape`, in pieces at the same time, into memory of huge pages.
  /// - Throws: `CheckpointError` if there is no such tensor, it does not hold as many bytes, or a scale is NaN or infinite.
  package func packed(_ name: String, shape: [Int], _ format: PackedMatrix.Format, _ backend: Backend) throws
    -> PackedMatrix
  {
    try withStoredBytes(name) { source in
      guard source.count == PackedMatrix.byteCount(shape, format) else {
        throw CheckpointError(
          try path(of: name),
          "tensor \(name): \(counted(source.count, "byte is", "bytes are")) no \(format.rawValue) matrix \(shape); quantize the model again"
        )
      }
      let matrix = PackedMatrix(bytes: source, shape: shape, format: format, backend: backend)
      guard matrix.isFinite else { throw CheckpointError.notFinite(name, at: try path(of: name)) }
      return matrix
    }
  }
}

extension TensorSource {
  /// Reads a matrix of blocks into memory, in the blocks of its file; a vector is a matrix of one row.
  /// - Throws: `CheckpointError` if there is no such tensor, or one of its scales is NaN or infinite.
  package func blocks(_ name: String, _ format: PackedMatrix.Format, _ backend: Backend) throws
    -> PackedMatrix
  {
    let stored = try entry(name).shape
    let shape = stored.count > 1 ? stored : [1] + stored
    let matrix = try withStoredRows(name) { lines in
      PackedMatrix(lines: lines, shape: shape, format: format, backend: backend)
    }
    guard matrix.isFinite else { throw CheckpointError.notFinite(name, at: try path(of: name)) }
    return matrix
  }
}

extension SafetensorsWriter {
  /// Adds a packed matrix under its suffixed name.
  package mutating func add(_ name: String, _ matrix: PackedMatrix) throws {
    try add(name + matrix.format.suffix, .uint8, [matrix.byteCount], count: matrix.byteCount, .packed(matrix))
  }
}
