internal import Foundation
internal import StrictJSON
internal import Wording

/// Answers on their way to a score.
struct ScoringTask {
  let folder: BenchmarkFolder
  let answers: AnswerFile
  let rules: ScoringProtocol
  let options: ScoringOptions

  var onlyAnswered: Bool { options.onlyAnswered }

  /// Whether a missing answer counts as wrong where the official script would refuse to score.
  var isLenient: Bool { options.isLenient }

  /// - Parameter asked: The ids of the questions that count, where answers are found by id; the details then say which
  ///   have no answer, and which answers have no question.
  func result(_ score: Double, count: Int, asked: [String]? = nil, _ details: JSONObject) -> Score {
    var details = details
    if let asked {
      let given = Set(answers.records.map { Self.key($0.questionID.description, folder.benchmark) })
      note("missing_answers", onlyAnswered ? [] : asked.filter { !given.contains($0) }, in: &details)
      note("unknown_answers", given.subtracting(asked).sorted(), in: &details)
    }
    if answers.repeatedCount > 0 { details["repeated_answers"] = JSONValue(answers.repeatedCount) }
    return Score(
      benchmark: folder.benchmark, rules: rules, count: count, score: score, switches: options.switches,
      details: details)
  }

  /// MM-Vet's files put a version in front of the number.
  static func key(_ id: String, _ benchmark: Benchmark) -> String {
    benchmark == .mmVet && !id.hasPrefix("v1_") ? "v1_" + id : id
  }

  private static let namedAtMost = 20

  /// Adds how many ids there are, and the first of them by name.
  func note(_ key: String, _ ids: [String], in details: inout JSONObject) {
    guard !ids.isEmpty else { return }
    details[key] = ["count": JSONValue(ids.count), "first": JSONValue(Array(ids.prefix(Self.namedAtMost)))]
  }

  /// Refuses to score nothing.
  func requireAnswers(_ count: Int) throws {
    guard count > 0 else {
      throw BenchmarkError.answers(
        problem:
          "none of the \(counted(answers.records.count, "answer")) belongs to a question of \(folder.url.path)",
        remedy: "check that the answers are of this benchmark")
    }
  }
}
