import ArgumentParser
import Benchmarks
import Foundation
import StrictJSON

/// What asking for a score takes, whether a model answers or answers are there already.
struct ScoringArguments: ParsableArguments {
  @Option(
    name: .customLong("protocol"),
    help:
      "\(ScoringProtocol.allCases.map(\.rawValue).joined(separator: ", ")); by default the benchmark's first.",
    transform: ScoringArguments.rules)
  var rules: ScoringProtocol?

  @Option(help: "MM-Vet: the judge's grades, as the official evaluator writes them.")
  var grades: String?

  @Option(
    help:
      "Also write the file for the benchmark's server, judge or tool: JSON or JSON Lines, for MMBench a table by its extension (.xlsx, .csv, .tsv), for MME a folder."
  )
  var submission: String?

  @Flag(
    help: "Leave rows out that cannot be read, count missing answers as wrong, and name both in the result.")
  var lenient = false

  @Flag(help: "Print one JSON object (an array for all) instead of lines.")
  var json = false

  static func rules(_ name: String) throws -> ScoringProtocol {
    guard let rules = ScoringProtocol(rawValue: name) else {
      throw ValidationError(
        "--protocol is one of \(ScoringProtocol.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return rules
  }

  static func benchmark(_ name: String) throws -> Benchmark {
    guard let benchmark = Benchmark(rawValue: name) else {
      throw ValidationError(
        "--benchmark is one of \(Benchmark.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return benchmark
  }

  func options(onlyAnswered: Bool) -> ScoringOptions {
    var options = ScoringOptions(rules: rules, onlyAnswered: onlyAnswered, isLenient: lenient)
    options.grades = grades.map { URL(fileURLWithPath: $0) }
    return options
  }

  func writeSubmission(_ answers: AnswerFile, _ folder: BenchmarkFolder, _ options: ScoringOptions) throws {
    guard let submission else { return }
    try folder.writeSubmission(answers, to: URL(fileURLWithPath: submission), options)
    StandardError.write(line: "wrote \(submission)")
  }

  /// Prints scores and, to standard error, what is wrong with the answers.
  func show(_ outcomes: [Outcome], asList: Bool) throws {
    for warning in outcomes.flatMap(\.warnings) { StandardError.write(line: warning) }
    if json {
      let texts = try outcomes.map { try $0.json.text() }
      return try StandardOutput.write(line: asList ? "[\(texts.joined(separator: ","))]" : texts.joined())
    }
    for outcome in outcomes { try StandardOutput.write(line: outcome.line) }
    let scores = outcomes.compactMap(\.score?.score)
    if scores.count > 1 {
      let mean = scores.reduce(0, +) / Double(scores.count)
      try StandardOutput.write(line: "mean: \(Outcome.percent(mean))")
    }
  }
}
