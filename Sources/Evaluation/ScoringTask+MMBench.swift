import Foundation
import StrictJSON

extension ScoringTask {
  /// Copies of a question with rotated options have its index plus a multiple of this.
  private static let rotationStep = 1_000_000

  /// MMBench: a question counts as right only if all its rotations are.
  ///
  /// Under `llava` every row counts for itself and the answer must be the letter, nothing else.
  func scoreMMBench() throws -> Score {
    let table = try MMBenchTable(contentsOf: try folder.file(("", ".tsv")))
    let predictions = answers.byID
    var extracted = JSONObject()
    var questions: [Int] = []
    var hits: [Int: [Bool]] = [:]
    var categories: [Int: [String]] = [:]
    for row in table.rows {
      let record = predictions[String(row.index)]
      if onlyAnswered, record == nil { continue }
      let text = record?.text ?? ""
      let letter = rules == .llava ? text : MMBenchAnswer.letter(in: text, row.lettered)
      extracted[String(row.index)] = JSONValue(letter)
      let question = rules == .llava ? row.index : row.index % Self.rotationStep
      if hits[question] == nil {
        questions.append(question)
        categories[question] = [row.category, row.subcategory]
      }
      hits[question, default: []].append(letter == row.answer)
    }
    var (all, first, byCategory) = (Tally(), Tally(), Tallies())
    for question in questions {
      let right = hits[question] ?? []
      let isRight = right.allSatisfy { $0 }
      all.add(isRight)
      first.add(right.first ?? false)
      for category in categories[question] ?? [] where !category.isEmpty { byCategory.add(category, isRight) }
    }
    try requireAnswers(all.count)
    return result(
      all.percent, count: all.count,
      JSONObject([
        ("vanilla_accuracy", JSONValue(first.percent)), ("categories", byCategory.json),
        ("extracted", .object(extracted)),
      ]))
  }
}
