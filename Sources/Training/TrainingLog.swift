internal import Files
internal import Foundation
internal import StrictJSON

/// The run's log: one JSON object a line, flushed as it is written; the same numbers for TensorBoard, and a picture of the
/// losses. As long as it is open no other run writes to the same output.
final class TrainingLog {
  private let url: URL
  private let file: AppendFile
  /// Nil until it is known what is forgotten.
  private var events: EventFile?

  /// Opens the log, or creates it.
  /// - Throws: `FileError` if another run has it open or it cannot be written.
  init(_ url: URL) throws {
    self.url = url
    try Disk.createFolder(url.deletingLastPathComponent())
    file = try AppendFile(url, remedy: "wait until it is done, or choose another output")
  }

  /// The last step that is logged; nil for an empty log.
  func lastStep() throws -> Int? { try lines().last?.step }

  /// Forgets what it holds from `steps` on, which a resumed run writes again.
  func forget(after steps: Int) throws {
    let kept = try lines().last { $0.step <= steps }?.end ?? 0
    try file.truncate(to: kept)
    events = try EventFile(in: url.deletingLastPathComponent(), keepingThrough: steps)
  }

  /// The steps of the lines and where these end. A killed run may leave half a line; it is dropped like everything behind
  /// the stored state.
  private func lines() throws -> [(step: Int, end: Int)] {
    let content = try Data(contentsOf: url)
    var result: [(step: Int, end: Int)] = []
    var start = content.startIndex
    while let newline = content[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let json = try? JSONValue(parsing: Data(content[start..<newline]), file: url.path).object,
        let step = try? json.int("step")
      else { break }
      start = newline + 1
      result.append((step, start))
    }
    return result
  }

  /// - Parameter values: Finite ones.
  /// - Throws: `FileError` if the line cannot be written.
  func write(step: Int, _ kind: String, _ values: [(String, Double)]) throws {
    var members: [(String, JSONValue)] = [("step", JSONValue(step)), ("kind", .string(kind))]
    members += values.map { ($0, JSONValue($1)) }
    try file.append(Data((JSONValue.object(JSONObject(members)).text() + "\n").utf8))
    try events?.write(step: step, kind, values)
  }

  /// Draws the losses so far beside the log.
  func plot() throws {
    guard let svg = try LossCurve(log: url).svg else { return }
    try AtomicFile.write(svg, to: url.deletingPathExtension().appendingPathExtension("svg"))
  }
}
