import Benchmarks
import StrictJSON

/// Prints outcomes, each as soon as it is there, and what is wrong with the answers to standard error.
struct OutcomePrinter {
  private let isJSON: Bool
  /// Whether several are told as one list.
  private let isList: Bool
  private var count = 0
  private var scores: [Double] = []

  init(json: Bool, asList: Bool) { (isJSON, isList) = (json, asList) }

  mutating func add(_ outcome: Outcome) throws {
    for warning in outcome.warnings { StandardError.write(line: warning) }
    if isJSON {
      let text = try outcome.json.text()
      let start = count == 0 ? "[" : ","
      try StandardOutput.write(isList ? start + text : text + "\n")
    } else if let line = outcome.line {
      try StandardOutput.write(line: line)
    }
    count += 1
    if let score = outcome.score?.score { scores.append(score) }
  }

  /// - Parameter isComplete: Whether every outcome that was asked for is there; otherwise no mean is told.
  func end(isComplete: Bool = true) throws {
    if isJSON {
      if isList { try StandardOutput.write(count == 0 ? "[]\n" : "]\n") }
    } else if scores.count > 1, isComplete {
      let mean = scores.reduce(0, +) / Double(scores.count)
      try StandardOutput.write(line: "mean: \(Outcome.percent(mean))")
    }
  }
}
