internal import Foundation
internal import StrictJSON
internal import Wording

extension ScoringTask {
  /// POPE: the mean of three F1 scores. Answers and labels of a category are paired by position.
  func scorePOPE() throws -> Score {
    let items = try folder.lineItems()
    let questions = Dictionary(grouping: items, by: \.category).mapValues { $0.map(\.id.description) }
    let given = try popeAnswers(Dictionary(items.map { ($0.id.description, $0.category) }) { $1 })
    var details = JSONObject()
    var missing: [String] = []
    var (f1Sum, files, count) = (0.0, 0, 0)
    for (category, labels) in try popeLabels() {
      let records = given[category] ?? []
      if onlyAnswered, records.isEmpty { continue }
      var pairs = zip(records, labels).map { (isYes: Self.isYes(popeAnswer: $0.text), label: $1) }
      if records.count != labels.count {
        let ids = questions[category] ?? []
        guard onlyAnswered || isLenient, ids.count == labels.count else {
          throw BenchmarkError.answers(
            problem:
              "\(counted(labels.count, "question")) of POPE's \(category) setting met \(counted(records.count, "answer"))",
            remedy:
              "answer all questions, in the order of the question file, or count missing answers as wrong with --lenient"
          )
        }
        // Positions are worth nothing now; answers are found by id, and missing ones are the opposite of the label.
        let texts = Dictionary(records.map { ($0.questionID.description, $0.text) }) { $1 }
        let answered = zip(ids, labels).filter { !onlyAnswered || texts[$0.0] != nil }
        missing += answered.map(\.0).filter { texts[$0] == nil }
        pairs = answered.map { id, label in (texts[id].map(Self.isYes(popeAnswer:)) ?? !label, label) }
      }
      let confusion = Confusion(pairs)
      details[category] = confusion.json
      f1Sum += confusion.f1
      files += 1
      count += confusion.count
    }
    try requireAnswers(count)
    var all = JSONObject([("categories", .object(details))])
    note("missing_answers", missing, in: &all)
    return result(f1Sum / Double(files) * 100, count: count, all)
  }

  /// Answers by category, in their order.
  private func popeAnswers(_ categories: [String: String]) throws -> [String: [AnswerRecord]] {
    var given: [String: [AnswerRecord]] = [:]
    for record in answers.records {
      if let category = categories[record.questionID.description] {
        given[category, default: []].append(record)
      } else if !isLenient {
        throw BenchmarkError.answers(
          problem: "POPE has no question \(record.questionID)",
          remedy: "check that the answers are of this benchmark")
      }
    }
    return given
  }

  /// Labels of every setting, in the order of their names.
  private func popeLabels() throws -> [(category: String, labels: [Bool])] {
    let folder = folder.url.appending(path: "coco")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let (prefix, suffix) = ("coco_pope_", ".json")
    let files = names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
    guard !files.isEmpty else {
      throw BenchmarkError.file(
        path: folder.path, problem: "no file coco_pope_*.json is there",
        remedy: "put POPE's label files there")
    }
    return try files.map { name in
      let url = folder.appending(path: name)
      var reader = try JSONLinesReader(url)
      var labels: [Bool] = []
      // A label left out would shift all behind it, so none may be at fault.
      while let row = try reader.readObject() { labels.append(try row.string("label") != "no") }
      return (String(name.dropFirst(prefix.count).dropLast(suffix.count)), labels)
    }
  }

  /// No if one of the words before the first period is exactly "No", "no" or "not".
  static func isYes(popeAnswer answer: String) -> Bool {
    let sentence = ScalarText(ScalarText(answer).split(".")[0].scalars.filter { $0 != "," })
    let words = sentence.split(" ")
    return !words.contains { $0 == "No" || $0 == "not" || $0 == "no" }
  }
}

/// Yes-or-no answers against labels. Ratios without a denominator count as 0.
struct Confusion {
  private(set) var truePositives = 0
  private(set) var falsePositives = 0
  private(set) var trueNegatives = 0
  private(set) var falseNegatives = 0

  init(_ answers: [(isYes: Bool, label: Bool)]) {
    for (isYes, label) in answers {
      switch (isYes, label) {
      case (true, true): truePositives += 1
      case (true, false): falsePositives += 1
      case (false, false): trueNegatives += 1
      case (false, true): falseNegatives += 1
      }
    }
  }

  var count: Int { truePositives + falsePositives + trueNegatives + falseNegatives }
  var precision: Double { Self.ratio(truePositives, truePositives + falsePositives) }
  var recall: Double { Self.ratio(truePositives, truePositives + falseNegatives) }
  var f1: Double {
    let sum = precision + recall
    return sum == 0 ? 0 : 2 * precision * recall / sum
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }

  var json: JSONValue {
    [
      "samples": JSONValue(count), "TP": JSONValue(truePositives), "FP": JSONValue(falsePositives),
      "TN": JSONValue(trueNegatives), "FN": JSONValue(falseNegatives),
      "accuracy": JSONValue(Self.ratio(truePositives + trueNegatives, count)),
      "precision": JSONValue(precision), "recall": JSONValue(recall), "f1": JSONValue(f1),
      "yes_ratio": JSONValue(Self.ratio(truePositives + falsePositives, count)),
    ]
  }
}
