/// Why a JSON text could not be read, or a value in it is not what was expected.
package struct JSONError: Error, CustomStringConvertible, Sendable {
  /// Path of the file; nil for text that came from elsewhere.
  package let file: String?
  /// Bytes before the fault; nil where the fault is a value's kind or the file itself.
  package let offset: Int?
  /// Counted from 1. For JSON Lines, also known where the offset is not.
  package let line: Int?
  /// In bytes, counted from 1.
  package let column: Int?
  /// Keys and indices from the root to the value at fault, such as `vision_config.layers[3]`; empty for syntax errors.
  package let keyPath: String
  /// What is wrong and what to do, as a sentence without its full stop.
  package let message: String

  init(
    file: String?, offset: Int? = nil, line: Int? = nil, column: Int? = nil, keyPath: String = "",
    message: String
  ) {
    self.file = file
    self.offset = offset
    self.line = line
    self.column = column
    self.keyPath = keyPath
    self.message = message
  }

  package var description: String {
    var place = file ?? "JSON text"
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    if let offset { place += " (byte \(offset))" }
    return "\(place): \(message)."
  }
}
