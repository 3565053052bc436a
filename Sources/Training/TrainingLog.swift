internal import Checkpoints
internal import Files
internal import Foundation
internal import StrictJSON

/// The run's log: one JSON object a line, flushed as it is written; the same numbers for TensorBoard, and a picture of the
/// losses.
final class TrainingLog {
  private let url: URL
  private let handle: FileHandle
  private let events: EventFile

  /// Opens the log and forgets what it holds from `steps` on, which a resumed run writes again.
  init(_ url: URL, keepingBefore steps: Int) throws {
    self.url = url
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
    events = try EventFile(in: url.deletingLastPathComponent(), keepingThrough: steps)
  }

  deinit { try? handle.close() }

  func write(step: Int, _ kind: String, _ values: [(String, Double)]) throws {
    var members: [(String, JSONValue)] = [("step", JSONValue(step)), ("kind", .string(kind))]
    members += values.map { ($0, JSONValue($1.isFinite ? $1 : -1)) }
    try handle.write(contentsOf: Data((JSONValue.object(JSONObject(members)).text() + "\n").utf8))
    try events.write(step: step, kind, values)
  }

  /// Draws the losses so far beside the log.
  func plot() throws {
    guard let svg = try LossCurve(log: url).svg else { return }
    try AtomicFile.write(svg, to: url.deletingPathExtension().appendingPathExtension("svg"))
  }
}
