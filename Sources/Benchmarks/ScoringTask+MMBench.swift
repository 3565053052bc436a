internal import Foundation
internal import StrictJSON

extension ScoringTask {
  /// Copies of a question with rotated options have its index plus a multiple of this.
  private static let rotationStep = 1_000_000

  /// MMBench: a question counts as right only if all its rotations are.
  ///
  /// Under `llava` every row counts for itself and the answer must be the letter, nothing else.
  func scoreMMBench() throws -> Score {
    let url = try folder.file(("", ".tsv"))
    let table = try MMBenchTable(contentsOf: url, faults: folder.faults)
    guard table.rows.contains(where: { !$0.answer.isEmpty }) else {
      throw BenchmarkError.noTruth(
        path: url.path, problem: "the table has no answers",
        remedy: "write the table for MMBench's server with --submission, or take the dev table")
    }
    let predictions = answers.byID
    var extracted = JSONObject()
    var (questions, asked): ([Int], [String]) = ([], [])
    var hits: [Int: [Bool]] = [:]
    var plainHits: [Int: Bool] = [:]
    var categories: [Int: [String]] = [:]
    for row in table.rows {
      let record = predictions[String(row.index)]
      if onlyAnswered, record == nil { continue }
      asked.append(String(row.index))
      let letter = letter(record?.text ?? "", row)
      extracted[String(row.index)] = JSONValue(letter)
      let question = rules == .llava ? row.index : row.index % Self.rotationStep
      if hits[question] == nil {
        questions.append(question)
        categories[question] = [Self.shortNames[row.category] ?? row.category, row.subcategory]
      }
      hits[question, default: []].append(letter == row.answer)
      if plainHits[question] == nil || row.index == question { plainHits[question] = letter == row.answer }
    }
    var (all, first, byCategory, firstByCategory) = (Tally(), Tally(), Tallies(), Tallies())
    for question in questions {
      let right = hits[question] ?? []
      let (isRight, isPlainlyRight) = (right.allSatisfy { $0 }, plainHits[question] ?? false)
      all.add(isRight)
      first.add(isPlainlyRight)
      for category in categories[question] ?? [] where !category.isEmpty {
        byCategory.add(category, isRight)
        firstByCategory.add(category, isPlainlyRight)
      }
    }
    try requireAnswers(all.count)
    return result(
      all.percent, count: all.count, asked: asked,
      JSONObject([
        ("vanilla_accuracy", JSONValue(first.percent)), ("categories", byCategory.json),
        ("vanilla_categories", firstByCategory.json),
        (
          "circular_hit",
          .object(
            JSONObject(
              questions.map { question in
                (String(question), JSONValue(hits[question]?.allSatisfy { $0 } == true ? 1 : 0))
              }))
        ),
        ("extracted", .object(extracted)),
      ]))
  }

  private func letter(_ text: String, _ row: MMBenchTable.Row) -> String {
    switch rules {
    case .llava: text
    case .vlmevalkit2024: MMBenchAnswer.inferred(text, row.lettered, .published) ?? "Z"
    default: MMBenchAnswer.inferred(text, row.lettered, .head) ?? "Z"
    }
  }

  /// What VLMEvalKit calls the upper categories.
  private static let shortNames = [
    "coarse_perception": "CP", "finegrained_perception (instance-level)": "FP-S",
    "finegrained_perception (cross-instance)": "FP-C", "logic_reasoning": "LR",
    "relation_reasoning": "RR", "attribute_reasoning": "AR",
  ]
}
