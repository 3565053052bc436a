import Foundation
import StrictJSON

extension ScoringTask {
  private static let perception = [
    "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
  ]
  private static let cognition = [
    "commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning",
  ]
  private static let pointsPerTask = 200.0

  /// MME: per task 100 points for right answers and 100 for pictures with both answers right.
  ///
  /// The headline is the share of the points of those tasks that the benchmark's folder has: 2,800 for all.
  func scoreMME() throws -> Score {
    let truth = try mmeTruth()
    var lines: [String: [(truth: Bool?, answer: Bool?)]] = [:]
    for record in answers.records {
      let parts = ScalarText(record.questionID.description).split("/")
      guard parts.count >= 2, let file = parts[parts.count - 1].split(".").first else {
        throw EvaluationError.answers(
          problem: "\"\(record.questionID)\" does not name a category and a picture of MME",
          remedy: "store question ids such as existence/0001.png")
      }
      let category = parts[0].string
      guard let label = Self.label(of: record.prompt, truth[category]?[file.string] ?? [:]) else {
        throw EvaluationError.answers(
          problem: "MME has no question \"\(record.prompt)\" about \(record.questionID)",
          remedy: "check that the answers are of this benchmark")
      }
      lines[category, default: []].append((Self.yesOrNo(label), Self.yesOrNo(record.text)))
    }
    var tasks = JSONObject()
    var count = 0
    var sums = [0.0, 0.0]
    for (half, names) in [Self.perception, Self.cognition].enumerated() {
      for name in names where truth[name] != nil {
        if onlyAnswered, lines[name] == nil { continue }
        let score = Self.points(lines[name] ?? [])
        tasks[name] = JSONValue(score)
        sums[half] += score
        count += lines[name]?.count ?? 0
      }
    }
    try requireAnswers(count)
    let possible = Double(tasks.count) * Self.pointsPerTask
    let total = sums[0] + sums[1]
    return result(
      total / possible * 100, count: count,
      JSONObject([
        ("perception", JSONValue(sums[0])), ("cognition", JSONValue(sums[1])), ("total", JSONValue(total)),
        ("possible", JSONValue(possible)), ("tasks", .object(tasks)),
      ]))
  }

  /// Right answers by category, picture and question.
  private func mmeTruth() throws -> [String: [String: [ScalarText: String]]] {
    let root = folder.url.appending(path: "MME_Benchmark_release_version")
    var truth: [String: [String: [ScalarText: String]]] = [:]
    for category in Self.perception + Self.cognition {
      var place = root.appending(path: category)
      let inner = place.appending(path: "questions_answers_YN")
      if FileManager.default.fileExists(atPath: inner.path) { place = inner }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
      for name in names where name.hasSuffix(".txt") {
        let url = place.appending(path: name)
        guard let data = FileManager.default.contents(atPath: url.path) else {
          throw EvaluationError.file(
            path: url.path, problem: "the questions cannot be read", remedy: "check its permissions")
        }
        var questions: [ScalarText: String] = [:]
        for line in ScalarText(String(decoding: data, as: UTF8.self)).split("\n") {
          let fields = line.split("\t")
          if fields.count >= 2 { questions[fields[0]] = fields[1].string }
        }
        truth[category, default: [:]][String(name.dropLast(4))] = questions
      }
    }
    guard !truth.isEmpty else {
      throw EvaluationError.file(
        path: root.path, problem: "no task of MME is there", remedy: "put MME's question files there")
    }
    return truth
  }

  /// The right answer to the question in a stored prompt, found as LLaVA's converter does.
  private static func label(of prompt: String, _ questions: [ScalarText: String]) -> String? {
    var question = ScalarText(prompt)
      .replacing("Answer the question using a single word or phrase.", with: "").stripped()
    let request: ScalarText = "Please answer yes or no."
    if !question.contains(request) {
      let plain = question
      question = plain + " " + request
      if questions[question] == nil { question = plain + "  " + request }
    }
    return questions[question]
  }

  /// Yes or no as the official tool reads an answer; nil for anything else.
  static func yesOrNo(_ answer: String) -> Bool? {
    let text = ScalarText(answer).lowercased
    let start = ScalarText(text.scalars.prefix(4))
    if start.contains("yes") { return true }
    return start.contains("no") ? false : nil
  }

  private static func points(_ lines: [(truth: Bool?, answer: Bool?)]) -> Double {
    guard !lines.isEmpty else { return 0 }
    let isRight = lines.map { $0.truth != nil && $0.truth == $0.answer }
    let pairs = stride(from: 0, to: lines.count, by: 2).map { isRight[$0..<min($0 + 2, lines.count)] }
    let both = pairs.count { $0.count == 2 && $0.allSatisfy { $0 } }
    return Double(isRight.count { $0 }) / Double(lines.count) * 100
      + Double(both) / Double(pairs.count) * 100
  }
}
