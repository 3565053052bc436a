/// Passes an answer's text on as it comes and ends it at the first of some stop strings, wherever tokens are cut: text that
/// may be the beginning of one waits.
struct StopText: Sendable {
  private let stops: [[UInt8]]
  private var waiting: [UInt8] = []
  /// The stop string that ended the text.
  private(set) var found: String?

  init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// - Returns: The text that is now known to belong to the answer.
  mutating func push(_ text: String) -> String {
    guard !stops.isEmpty else { return text }
    guard found == nil else { return "" }
    waiting += text.utf8
    for start in waiting.indices {
      if let stop = stops.first(where: { waiting[start...].starts(with: $0) }) {
        found = String(decoding: stop, as: UTF8.self)
        defer { waiting = [] }
        return String(decoding: waiting[..<start], as: UTF8.self)
      }
      if stops.contains(where: { $0.starts(with: waiting[start...]) }) {
        defer { waiting.removeFirst(start) }
        return String(decoding: waiting[..<start], as: UTF8.self)
      }
    }
    defer { waiting = [] }
    return String(decoding: waiting, as: UTF8.self)
  }

  /// - Returns: The text that waited, once nothing more will come.
  mutating func finish() -> String {
    defer { waiting = [] }
    return String(decoding: waiting, as: UTF8.self)
  }
}
