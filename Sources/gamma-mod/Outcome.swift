import Benchmarks
import Foundation
import StrictJSON
import Wording

/// What became of a benchmark's answers: a score, or the reason why a server or a judge must give it.
enum Outcome {
  case scored(Score)
  case unscored(Benchmark, ScoringProtocol, answers: Int, BenchmarkError)
  /// The benchmark could not be run or scored; a sentence says why.
  case failed(Benchmark, ScoringProtocol, String)

  /// Scores answers; those that nothing here can be compared with remain unscored.
  init(_ folder: BenchmarkFolder, _ answers: AnswerFile, _ options: ScoringOptions, switches: [String] = [])
    throws
  {
    do {
      var score = try folder.score(answers, options)
      score.switches += switches
      self = .scored(score)
    } catch let error as BenchmarkError {
      guard case .noTruth = error else { throw error }
      self = .unscored(
        folder.benchmark, options.rules ?? folder.benchmark.protocols[0], answers: answers.records.count,
        error)
    }
  }

  var score: Score? {
    if case .scored(let score) = self { return score }
    return nil
  }

  static func percent(_ score: Double) -> String { String(format: "%.2f %%", score) }

  /// Nil for failures, which are told on standard error.
  var line: String? {
    switch self {
    case .scored(let score):
      let rules = ([score.rules.rawValue] + score.switches).joined(separator: "; ")
      return "\(score.benchmark.rawValue) (\(rules)): \(Self.percent(score.score)) of \(score.count)"
    case .failed: return nil
    case .unscored(let benchmark, let rules, let answers, _):
      return "\(benchmark.rawValue) (\(rules.rawValue)): \(counted(answers, "answer")), no score"
    }
  }

  var json: JSONObject {
    switch self {
    case .scored(let score): score.json
    case .unscored(let benchmark, let rules, let answers, let error):
      Self.withoutScore(benchmark, rules, answers: answers, error.description)
    case .failed(let benchmark, let rules, let reason):
      Self.withoutScore(benchmark, rules, answers: 0, reason)
    }
  }

  private static func withoutScore(
    _ benchmark: Benchmark, _ rules: ScoringProtocol, answers: Int, _ reason: String
  ) -> JSONObject {
    JSONObject([
      ("benchmark", JSONValue(benchmark.rawValue)), ("protocol", JSONValue(rules.rawValue)),
      ("count", JSONValue(answers)), ("score", .null),
      ("details", .object(JSONObject([("reason", JSONValue(reason))]))),
    ])
  }

  /// Sentences about answers that were left out, missing or given twice.
  var warnings: [String] {
    switch self {
    case .unscored(_, _, _, let error): return [error.description]
    case .failed(let benchmark, _, let reason): return ["\(benchmark.rawValue): \(reason)"]
    case .scored(let score):
      let name = score.benchmark.rawValue
      func count(_ key: String) -> Int { score.details[key]?.object?["count"]?.int ?? 0 }
      var lines = (score.details["malformed_rows"]?.object?["rows"]?.array ?? []).compactMap(\.string)
        .map { "\(name): left out: \($0)" }
      for (key, text) in [
        ("missing_answers", ("question has no answer", "questions have no answer")),
        ("unknown_answers", ("answer belongs to no question", "answers belong to no question")),
        ("missing_grades", ("answer has no grade", "answers have no grade")),
        ("tasks_without_answers", ("task has no answers", "tasks have no answers")),
      ] as [(String, (one: String, many: String))] where count(key) > 0 {
        let first = (score.details[key]?.object?["first"]?.array ?? []).prefix(3)
          .compactMap(\.string).joined(separator: ", ")
        lines.append(
          "\(name): \(counted(count(key), text.one, text.many)): \(first)\(count(key) > 3 ? ", …" : "")")
      }
      if let repeated = score.details["repeated_answers"]?.int {
        lines.append("\(name): \(counted(repeated, "answer is", "answers are")) there twice")
      }
      return lines
    }
  }
}
