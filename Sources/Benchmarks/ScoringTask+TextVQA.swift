internal import Foundation
internal import StrictJSON

/// What TextVQA's answers are found by.
private struct PictureQuestion: Hashable {
  let image: String
  let question: ScalarText
}

extension ScoringTask {
  /// TextVQA: agreement with ten annotators, averaged over the answers given.
  func scoreTextVQA() throws -> Score {
    let url = try folder.file(("TextVQA", ".json"))
    var annotations: [PictureQuestion: JSONObject] = [:]
    for entry in try JSONObject.read(contentsOf: url).objects("data") {
      let key = PictureQuestion(
        image: try QuestionID.read(entry, "image_id").description,
        question: ScalarText(try entry.string("question")).lowercased)
      annotations[key] = entry
    }
    var tally = Tally()
    var unknown: [String] = []
    var answered: Set<PictureQuestion> = []
    var perQuestion: [JSONValue] = []
    for record in answers.records {
      guard let question = Self.question(inTextVQAPrompt: record.prompt)?.lowercased else {
        if isLenient {
          unknown.append(record.questionID.description)
          continue
        }
        throw BenchmarkError.answers(
          problem:
            "question \(record.questionID) of \(folder.url.path) cannot be found in its stored prompt \"\(record.prompt)\"",
          remedy: "store the prompt as LLaVA's loader does, or count such rows as wrong with --lenient")
      }
      let key = PictureQuestion(image: record.questionID.description, question: question)
      guard let entry = annotations[key] else {
        if isLenient {
          unknown.append(record.questionID.description)
          continue
        }
        throw BenchmarkError.answers(
          problem:
            "\(url.path) has no question \"\(question.string)\" about the picture \(record.questionID)",
          remedy: "check that the answers are of this benchmark")
      }
      let prediction = VQANormaliser.submission(record.text)
      let truths = try entry.strings("answers").map { VQANormaliser.submission($0) }
      let degree = Self.softAccuracy(prediction, truths)
      tally.add(degree)
      answered.insert(key)
      perQuestion.append([
        "question_id": entry["question_id"] ?? .null, "processed": JSONValue(prediction.string),
        "score": JSONValue(degree),
      ])
    }
    try requireAnswers(tally.count)
    var details = JSONObject([
      ("samples", JSONValue(tally.count)), ("per_question", JSONValue(perQuestion)),
    ])
    if !onlyAnswered {
      let missing = annotations.keys.filter { !answered.contains($0) }.map(\.image)
      note("missing_answers", missing.sorted(), in: &details)
    }
    note("unknown_answers", unknown, in: &details)
    return result(tally.percent, count: tally.count, details)
  }

  /// Mean over the annotators of min(1, matches among the others / 3).
  static func softAccuracy(_ prediction: ScalarText, _ truths: [ScalarText]) -> Double {
    guard !truths.isEmpty else { return 0 }
    let matches = truths.count { $0 == prediction }
    let sum = truths.reduce(0.0) { sum, truth in
      sum + min(1, Double(matches - (truth == prediction ? 1 : 0)) / 3)
    }
    return sum / Double(truths.count)
  }

  /// The question inside a stored prompt, with or without the line of recognised text.
  private static func question(inTextVQAPrompt prompt: String) -> ScalarText? {
    let text = ScalarText(prompt)
    let lines = text.split("\n")
    if text.hasPrefix("OCR tokens: ") {
      let (start, end): (ScalarText, ScalarText) = ("Question: ", " Short answer:")
      if let begin = text.firstIndex(of: start).map({ $0 + start.count }),
        let stop = text.firstIndex(of: end, from: begin)
      {
        return ScalarText(text.scalars[begin..<stop])
      }
    } else if lines.count == 3, text.contains("Reference OCR token: ") {
      return text.hasPrefix("Reference OCR token:") ? lines[1] : lines[0]
    } else if lines.count == 2 {
      return lines[0]
    }
    return nil
  }
}
