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
  /// - Throws: `CheckpointError` if there is no such tensor or it does not hold as many bytes.
  package func packed(_ name: String, shape: [Int], _ format: PackedMatrix.Format, _ backend: Backend) throws
    -> PackedMatrix
  {
    try withStoredBytes(name) { source in
      guard source.count == PackedMatrix.byteCount(shape, format) else {
        throw CheckpointError(
          name,
          "\(counted(source.count, "byte is", "bytes are")) no \(format.rawValue) matrix \(shape); quantize the model again"
        )
      }
      return PackedMatrix(bytes: source, shape: shape, format: format, backend: backend)
    }
  }
}

extension SafetensorsWriter {
  /// Adds a packed matrix under its suffixed name.
  package mutating func add(_ name: String, _ matrix: PackedMatrix) throws {
    try add(name + matrix.format.suffix, .uint8, [matrix.byteCount], count: matrix.byteCount, .packed(matrix))
  }
}
