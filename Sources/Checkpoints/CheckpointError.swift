package import Tensors

/// Why a model file or folder could not be read or written.
package struct CheckpointError: Error, CustomStringConvertible, Sendable {
  /// The file or folder at fault.
  package let path: String
  /// What is wrong, where, and what to do, as a sentence without its full stop.
  package let message: String

  package init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  /// Of a tensor that holds NaN or an infinity, or would in the format that it is read as.
  package static func notFinite(_ tensor: String, at path: String, as dtype: DType = .float32)
    -> CheckpointError
  {
    CheckpointError(
      path,
      "tensor \(tensor) holds NaN, infinity or a number too large for \(dtype.rawValue); download the file again, or take an earlier checkpoint of the training that wrote it"
    )
  }

  package var description: String { "\(path): \(message)." }
}
