/// Why a picture could not be read, prepared or written. The description is a full sentence for the user.
package enum ImageError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The file could not be opened or read.
  case unreadable(name: String, reason: String)
  /// The file could not be written; what was there before is unchanged.
  case unwritable(name: String, reason: String)
  /// A limit was exceeded; nothing was allocated for the picture.
  case tooLarge(name: String, limit: ImageLimits.Kind, found: Int, allowed: Int)
  /// The bytes are of no known image format, or use a part of one that this reader does not have.
  case unsupported(name: String, reason: String)
  /// The file breaks the rules of its format, or ends too early.
  case damaged(name: String, format: ImageFormat, reason: String)
  /// A model's folder does not say how pictures are made ready for it.
  case noSettings(folder: String)
  /// A size or setting given by the caller makes no sense.
  case invalidRequest(String)

  package var description: String {
    switch self {
    case .unreadable(let name, let reason):
      "Cannot read the image \(name): \(reason). Check the path and its permissions."
    case .unwritable(let name, let reason):
      "Cannot write the image \(name): \(reason). Check the folder, its permissions and the free space."
    case .tooLarge(let name, let limit, let found, let allowed):
      "The image \(name) is too large: its \(limit.words) is \(found), and the limit is \(allowed). "
        + "\(limit.remedy)."
    case .unsupported(let name, let reason):
      "The image \(name) is not supported: \(reason). Convert it to PNG, JPEG or WebP."
    case .damaged(let name, let format, let reason):
      "The \(format.rawValue) image \(name) is damaged: \(reason). Save or fetch it again."
    case .noSettings(let folder):
      "\(folder): the folder holds no preprocessor_config.json, which says how pictures are made ready for the model; "
        + "copy it from the model's source."
    case .invalidRequest(let reason):
      "Invalid image request: \(reason)."
    }
  }
}
