internal import Checkpoints
internal import Files
internal import Foundation
internal import StrictJSON

/// The run's log: one JSON object a line, flushed as it is written.
final class TrainingLog {
  private let handle: FileHandle

  /// Opens the log and forgets what it holds from `steps` on, which a resumed run writes again.
  init(_ url: URL, keepingBefore steps: Int) throws {
    var kept = ""
    if FileManager.default.fileExists(atPath: url.path) {
      // A killed run may leave half a line; it is dropped like everything behind the stored state.
      for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
        guard let json = try? JSONValue(parsing: Data(line.utf8), file: url.path).object,
          let step = try? json.int("step")
        else { break }
        if step <= steps { kept += line + "\n" }
      }
    }
    try AtomicFile.write(Data(kept.utf8), to: url)
    handle = try FileHandle(forWritingTo: url)
    try handle.seekToEnd()
  }

  deinit { try? handle.close() }

  func write(step: Int, _ kind: String, _ values: [(String, Double)]) throws {
    var members: [(String, JSONValue)] = [("step", JSONValue(step)), ("kind", .string(kind))]
    members += values.map { ($0, JSONValue($1.isFinite ? $1 : -1)) }
    try handle.write(contentsOf: Data((JSONValue.object(JSONObject(members)).text() + "\n").utf8))
  }
}
