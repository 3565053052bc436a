/// Why a file or folder could not be read or written.
package struct FileError: Error, CustomStringConvertible, Sendable {
  /// The file or folder at fault.
  package let path: String
  /// What is wrong and what to do, as a sentence without its full stop.
  package let message: String

  package init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { "\(path): \(message)." }
}
