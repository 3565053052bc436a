internal import Foundation
internal import StrictJSON

extension ScoringTask {
  /// GQA: exact match over the balanced questions.
  func scoreGQA() throws -> Score {
    let url = try gqaQuestions()
    let predictions = answers.byID.mapValues { record in
      answers.isConverted ? ScalarText(record.text) : Self.convertedForGQA(record.text)
    }
    var (all, binary, open) = (Tally(), Tally(), Tally())
    var (structural, semantic, lengths, steps) = (Tallies(), Tallies(), Tallies(), Tallies())
    var groups = AnswerDistribution()
    var asked: [String] = []
    for (id, value) in try JSONObject.read(contentsOf: url) {
      guard let question = value.object else { continue }
      let prediction = predictions[id]
      if prediction == nil {
        if onlyAnswered { continue }
        guard isLenient else {
          throw BenchmarkError.answers(
            problem: "question \(id) of \(url.path) has no answer",
            remedy: "answer all questions, or count missing answers as wrong with --lenient")
        }
      }
      asked.append(id)
      guard try question.bool("isBalanced") else { continue }
      let gold = ScalarText(try question.string("answer"))
      let isRight = prediction == gold
      let types = try question.object("types")
      let structure = try types.string("structural")
      all.add(isRight)
      if structure == "query" { open.add(isRight) } else { binary.add(isRight) }
      structural.add(structure, isRight)
      semantic.add(try types.string("semantic"), isRight)
      lengths.add(String(ScalarText(try question.string("question")).words.count), isRight)
      steps.add(String(try Self.steps(question)), isRight)
      if let group = try question.object("groups").optionalString("global") {
        groups.add(group, gold: gold, predicted: prediction)
      }
    }
    try requireAnswers(all.count)
    return result(
      all.percent, count: all.count, asked: asked,
      JSONObject([
        ("accuracy", JSONValue(all.percent)), ("binary", JSONValue(binary.percent)),
        ("open", JSONValue(open.percent)), ("distribution", JSONValue(groups.chiSquare / 100)),
        ("accuracyPerStructuralType", structural.json), ("accuracyPerSemanticType", semantic.json),
        ("accuracyPerLength", lengths.json), ("accuracyPerSteps", steps.json),
      ]))
  }

  private func gqaQuestions() throws -> URL {
    let data = folder.url.appending(path: "data")
    for place in [data, folder.url] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
      if let name = names.sorted().first(where: { $0.hasSuffix("balanced_questions.json") }) {
        return place.appending(path: name)
      }
    }
    throw BenchmarkError.file(
      path: data.path, problem: "no file *balanced_questions.json is there",
      remedy: "put GQA's testdev_balanced_questions.json there")
  }

  /// LLaVA's converter: no periods at the end, lower case.
  static func convertedForGQA(_ text: String) -> ScalarText {
    var scalars = ScalarText(text).scalars
    while scalars.last == "." { scalars.removeLast() }
    return ScalarText(scalars).lowercased
  }

  /// Reasoning steps, without those that only ask for existence or a name.
  private static func steps(_ question: JSONObject) throws -> Int {
    try (try question.optionalObjects("semantic") ?? []).count { step in
      let text = ScalarText(try step.string("operation") + ": " + (try step.string("argument")))
      return !["exist", "query: name", "choose name"].contains { text.contains($0) }
    }
  }
}

/// How often each answer is right and how often it is given, by group of questions.
struct AnswerDistribution {
  private var groups: [String] = []
  private var gold: [String: [(answer: ScalarText, count: Int)]] = [:]
  private var predicted: [String: [ScalarText: Int]] = [:]

  mutating func add(_ group: String, gold answer: ScalarText, predicted prediction: ScalarText?) {
    if gold[group] == nil { groups.append(group) }
    if let place = gold[group, default: []].firstIndex(where: { $0.answer == answer }) {
      gold[group]?[place].count += 1
    } else {
      gold[group, default: []].append((answer, 1))
    }
    if let prediction { predicted[group, default: [:]][prediction, default: 0] += 1 }
  }

  /// Chi square of given against right answers, averaged over the groups by their size.
  var chiSquare: Double {
    var (sum, overall) = (0.0, 0.0)
    for group in groups {
      let expected = gold[group] ?? []
      let total = Double(expected.reduce(0) { $0 + $1.count })
      let score = expected.reduce(0.0) { score, entry in
        let difference = Double((predicted[group]?[entry.answer] ?? 0) - entry.count)
        return score + difference * difference / Double(entry.count)
      }
      sum += score * total
      overall += total
    }
    return overall == 0 ? 0 : sum / overall
  }
}
