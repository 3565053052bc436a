import Foundation
import Logging

/// Writes log lines to standard error: those that inform as they are, others behind their level.
struct StandardErrorLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = event.level == .info ? "\(event.message)\n" : "\(event.level): \(event.message)\n"
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
