/// What is wrong with the tensors of a checkpoint, seen from its configuration.
package struct TensorFaults: Sendable, Equatable {
  /// Names and shapes that the configuration asks for and nobody stored.
  package var missing: [String] = []
  /// Stored names with both shapes, or with a number format that no layer computes with.
  package var misshapen: [String] = []
  /// Stored names that the configuration does not know.
  package var unexpected: [String] = []

  mutating func addMissing(_ name: String, _ shape: [Int]) { missing.append("\(name) \(shape)") }

  mutating func addMisshapen(_ name: String, is stored: [Int], shouldBe shape: [Int]) {
    misshapen.append("\(name) is \(stored) but the configuration asks for \(shape)")
  }

  mutating func addUnreadable(_ name: String, _ format: String) {
    misshapen.append("\(name) holds \(format) numbers and not floating-point ones")
  }

  /// Everything together, with the remedy; nil if nothing is wrong.
  var sentence: String? {
    let parts = [
      Self.list("missing", missing), Self.list("of the wrong shape or number format", misshapen),
      Self.list("unexpected", unexpected),
    ]
    .compactMap { $0 }
    guard !parts.isEmpty else { return nil }
    return "the tensors do not fit config.json: \(parts.joined(separator: "; ")). Check that "
      + "config.json and the weights belong together"
  }

  private static func list(_ what: String, _ items: [String]) -> String? {
    guard !items.isEmpty else { return nil }
    let shown = items.prefix(8).joined(separator: ", ")
    let rest = items.count > 8 ? " and \(items.count - 8) more" : ""
    return "\(items.count) \(what) (\(shown)\(rest))"
  }
}
