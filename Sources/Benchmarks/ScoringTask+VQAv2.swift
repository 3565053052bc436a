internal import Foundation
internal import StrictJSON

extension ScoringTask {
  /// VQAv2: agreement with ten annotators over all questions that are annotated.
  ///
  /// Raw answers run through the submission's converter first: normalised, "" where an answer is missing.
  func scoreVQAv2() throws -> Score {
    let url = try folder.truth(
      "VQAv2's test answers are not public", ("v2_mscoco", "annotations.json"), ("v2_", "annotations.json"))
    let predictions = answers.byID.mapValues { record in
      answers.isConverted ? record.text : VQANormaliser.submission(record.text).string
    }
    var (overall, types, answerTypes) = (Tally(), Tallies(), Tallies())
    var perQuestion = JSONObject()
    var asked: [String] = []
    for annotation in try JSONObject.read(contentsOf: url).objects("annotations") {
      let id = try QuestionID.read(annotation, "question_id").description
      if onlyAnswered, predictions[id] == nil { continue }
      let degree = try Self.accuracy(predictions[id] ?? "", annotation)
      overall.add(degree)
      types.add(try annotation.string("question_type"), degree)
      answerTypes.add(try annotation.string("answer_type"), degree)
      asked.append(id)
      perQuestion[id] = JSONValue(Self.rounded(degree * 100))
    }
    try requireAnswers(overall.count)
    func percents(_ tallies: Tallies) -> JSONValue {
      .object(JSONObject(tallies.names.map { ($0, JSONValue(Self.rounded(tallies[$0].percent))) }))
    }
    return result(
      Self.rounded(overall.percent), count: overall.count, asked: asked,
      JSONObject([
        ("broken_lines", JSONValue(answers.faults.count { $0.isSyntax })),
        ("perQuestionType", percents(types)),
        ("perAnswerType", percents(answerTypes)), ("per_question", .object(perQuestion)),
      ]))
  }

  /// An annotator's whole record; two that are equal in every field count as one and the same annotator.
  private struct Annotator: Equatable {
    let answer: ScalarText
    let rest: JSONObject
  }

  private static func accuracy(_ prediction: String, _ annotation: JSONObject) throws -> Double {
    let answers = try annotation.objects("answers").map { entry in
      var rest = entry
      rest["answer"] = nil
      return Annotator(
        answer: VQANormaliser.onOneLine(ScalarText(try entry.string("answer"))), rest: rest)
    }
    guard let first = answers.first else { return 0 }
    let isUnanimous = answers.allSatisfy { $0.answer == first.answer }
    let annotators =
      isUnanimous
      ? answers
      : answers.map { Annotator(answer: VQANormaliser.withoutPunctuation($0.answer), rest: $0.rest) }
    let normalised = VQANormaliser.prediction(prediction)
    let sum = annotators.reduce(0.0) { sum, annotator in
      sum + min(1, Double(annotators.count { $0 != annotator && $0.answer == normalised }) / 3)
    }
    return sum / Double(annotators.count)
  }

  /// Rounded to two places by the decimal expansion of the binary number, as Python does.
  static func rounded(_ value: Double) -> Double {
    Double(String(format: "%.2f", value)) ?? value
  }
}
