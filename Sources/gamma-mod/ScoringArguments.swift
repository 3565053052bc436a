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
  var grades: PathArgument?

  @Option(
    help:
      "Also write the file for the benchmark's server, judge or tool: JSON or JSON Lines, for MMBench a table by its extension (.xlsx, .csv, .tsv), for MME a folder."
  )
  var submission: PathArgument?

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
    options.grades = grades?.url
    return options
  }

  /// Refuses what has no meaning for a benchmark.
  func checkUse(by benchmark: String) throws {
    try Bounds.refuse(
      [("--grades", grades != nil && ![Benchmark.mmVet.rawValue, "all"].contains(benchmark))],
      "only MM-Vet has a judge's grades")
  }

  /// - Parameter inputs: What is read besides the benchmark's files.
  /// - Throws: If there is no such submission, or it could not be written.
  func checkSubmission(_ folder: BenchmarkFolder, overwrite: Bool, inputs: [URL]) throws {
    guard let submission else { return }
    try folder.checkSubmission(to: submission.url, mayReplace: overwrite, inputs: inputs)
  }

  func writeSubmission(_ answers: AnswerFile, _ folder: BenchmarkFolder, _ options: ScoringOptions) throws {
    guard let submission else { return }
    try folder.writeSubmission(answers, to: submission.url, options)
    StandardError.write(line: "wrote \(submission)")
  }
}
