/// Sums and counts by name, so that parts can be added up and means taken at the end.
package struct Measurements: Sendable {
  private var sums: [String: (sum: Double, count: Double)] = [:]

  package init() {}

  package mutating func add(_ name: String, _ value: Double, count: Double = 1) {
    let old = sums[name] ?? (0, 0)
    sums[name] = (old.sum + value, old.count + count)
  }

  mutating func add(_ other: Measurements) {
    for (name, entry) in other.sums { add(name, entry.sum, count: entry.count) }
  }

  /// The mean of each name, by the names' order.
  var means: [(name: String, value: Double)] {
    sums.keys.sorted().map { ($0, mean($0) ?? 0) }
  }

  func mean(_ name: String) -> Double? { sums[name].map { $0.sum / max(1e-12, $0.count) } }
}
