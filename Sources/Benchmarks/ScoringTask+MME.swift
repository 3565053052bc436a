internal import Foundation
internal import StrictJSON

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
    let lines = try mmeLines(truth)
    var (tasks, details) = (JSONObject(), JSONObject())
    var count = 0
    var sums = [0.0, 0.0]
    for (half, names) in [Self.perception, Self.cognition].enumerated() {
      for name in names where truth[name] != nil {
        if onlyAnswered, lines[name] == nil { continue }
        let answers = lines[name] ?? []
        let score = try points(answers, task: name)
        tasks[name] = JSONValue(score)
        sums[half] += score
        count += answers.count
      }
    }
    try requireAnswers(count)
    let possible = Double(tasks.count) * Self.pointsPerTask
    let total = sums[0] + sums[1]
    details = JSONObject([
      ("perception", JSONValue(sums[0])), ("cognition", JSONValue(sums[1])), ("total", JSONValue(total)),
      ("possible", JSONValue(possible)), ("tasks", .object(tasks)),
    ])
    if !onlyAnswered {
      note("tasks_without_answers", truth.keys.filter { lines[$0] == nil }.sorted(), in: &details)
    }
    return result(total / possible * 100, count: count, details)
  }

  /// A line of the official tool's input.
  struct MMELine {
    let picture: String
    let question: String
    let label: String
    let answer: String

    var isRight: Bool {
      let truth = ScoringTask.yesOrNo(label)
      return truth != nil && truth == ScoringTask.yesOrNo(answer)
    }
  }

  /// The answers by category, with the right ones beside them.
  func mmeLines(_ truth: [String: [String: [ScalarText: String]]]) throws -> [String: [MMELine]] {
    var lines: [String: [MMELine]] = [:]
    for record in answers.records {
      let parts = ScalarText(record.questionID.description).split("/")
      guard parts.count >= 2, let file = parts[parts.count - 1].split(".").first?.string else {
        if isLenient { continue }
        throw BenchmarkError.answers(
          problem: "\"\(record.questionID)\" does not name a category and a picture of MME",
          remedy: "store question ids such as existence/0001.png")
      }
      let category = parts[0].string
      guard let entry = Self.entry(of: record.prompt, truth[category]?[file] ?? [:]) else {
        if isLenient { continue }
        throw BenchmarkError.answers(
          problem: "MME has no question \"\(record.prompt)\" about \(record.questionID)",
          remedy: "check that the answers are of this benchmark")
      }
      lines[category, default: []].append(
        MMELine(picture: file, question: entry.question, label: entry.label, answer: record.text))
    }
    return lines
  }

  /// Right answers by category, picture and question.
  func mmeTruth() throws -> [String: [String: [ScalarText: String]]] {
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
          throw BenchmarkError.file(
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
      throw BenchmarkError.file(
        path: root.path, problem: "no task of MME is there", remedy: "put MME's question files there")
    }
    return truth
  }

  /// The right answer to the question in a stored prompt, found as LLaVA's converter does.
  private static func entry(
    of prompt: String, _ questions: [ScalarText: String]
  ) -> (question: String, label: String)? {
    var question = ScalarText(prompt)
      .replacing("Answer the question using a single word or phrase.", with: "").stripped()
    let request: ScalarText = "Please answer yes or no."
    if !question.contains(request) {
      let plain = question
      question = plain + " " + request
      if questions[question] == nil { question = plain + "  " + request }
    }
    return questions[question].map { (question.string, $0) }
  }

  /// Yes or no as the official tool reads an answer; nil for anything else.
  static func yesOrNo(_ answer: String) -> Bool? {
    let text = ScalarText(answer).lowercased
    let start = ScalarText(text.scalars.prefix(4))
    if start.contains("yes") { return true }
    return start.contains("no") ? false : nil
  }

  /// Lines are taken two by two, as the official tool does; both must be about the same picture.
  private func points(_ lines: [MMELine], task: String) throws -> Double {
    guard !lines.isEmpty else { return 0 }
    var pairs = stride(from: 0, to: lines.count, by: 2).map { Array(lines[$0..<min($0 + 2, lines.count)]) }
    if let odd = pairs.first(where: { $0.count < 2 || $0[0].picture != $0[1].picture }) {
      guard onlyAnswered || isLenient else {
        throw BenchmarkError.answers(
          problem:
            "the answers of MME's task \(task) about the picture \(odd[0].picture) do not come in pairs",
          remedy: "answer both questions about each picture, or take what is there with --lenient")
      }
      pairs = Array(Dictionary(grouping: lines, by: \.picture).values)
    }
    let both = pairs.count { $0.count >= 2 && $0.allSatisfy(\.isRight) }
    return Double(lines.count(where: \.isRight)) / Double(lines.count) * 100
      + Double(both) / Double(pairs.count) * 100
  }
}
