package import StrictJSON

/// The result of a benchmark.
package struct Score: Sendable, Equatable {
  package let benchmark: Benchmark
  package let rules: ScoringProtocol
  /// Questions that the headline figure counts.
  package let count: Int
  /// The official headline figure in percent.
  package let score: Double
  /// What departs from the official way of asking or scoring.
  package var switches: [String]
  /// What the official scripts print besides, such as sums per category.
  package var details: JSONObject

  /// The contract of `score --json`: benchmark, protocol, count, score, details.
  package var json: JSONObject {
    var details = details
    if !switches.isEmpty { details["switches"] = JSONValue(switches) }
    return JSONObject([
      ("benchmark", JSONValue(benchmark.rawValue)), ("protocol", JSONValue(rules.rawValue)),
      ("count", JSONValue(count)), ("score", JSONValue(score)), ("details", JSONValue(details)),
    ])
  }
}

/// Counts right answers.
struct Tally: Sendable {
  private(set) var right = 0.0
  private(set) var count = 0

  /// Adds an answer that is right to this degree, 0…1.
  mutating func add(_ degree: Double) {
    right += degree
    count += 1
  }

  mutating func add(_ isRight: Bool) { add(isRight ? 1 : 0) }

  mutating func add(_ other: Tally) {
    right += other.right
    count += other.count
  }

  /// Mean in percent; 0 for no answers.
  var percent: Double { count == 0 ? 0 : right / Double(count) * 100 }

  var json: JSONValue { ["accuracy": JSONValue(percent), "count": JSONValue(count)] }
}

/// Tallies by name, in the order of first use.
struct Tallies: Sendable {
  private(set) var names: [String] = []
  private var tallies: [String: Tally] = [:]

  mutating func add(_ name: String, _ degree: Double) {
    if tallies[name] == nil { names.append(name) }
    tallies[name, default: Tally()].add(degree)
  }

  mutating func add(_ name: String, _ isRight: Bool) { add(name, isRight ? 1 : 0) }

  subscript(name: String) -> Tally { tallies[name] ?? Tally() }

  var json: JSONValue { .object(JSONObject(names.map { ($0, self[$0].json) })) }
}
