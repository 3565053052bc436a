internal import Foundation
internal import StrictJSON

extension ScoringTask {
  /// VizWiz's validation set: agreement with ten annotators, annotations in a list of {image, answers: [{answer}]}.
  ///
  /// Answers ready for upload name pictures instead of questions.
  func scoreVizWiz() throws -> Score {
    let url = try folder.truth("VizWiz's test answers are not public", ("val", ".json"))
    guard let entries = try JSONValue.read(contentsOf: url).array else {
      throw BenchmarkError.file(
        path: url.path, problem: "it holds no list of annotations", remedy: "give VizWiz's val.json")
    }
    var truths: [String: (answers: [ScalarText], type: String)] = [:]
    for entry in entries.compactMap(\.object) {
      let answers = try entry.objects("answers").map { VQANormaliser.submission(try $0.string("answer")) }
      truths[try entry.string("image")] = (answers, try entry.optionalString("answer_type") ?? "")
    }
    let predictions = answers.byID
    var (tally, types) = (Tally(), Tallies())
    var asked: [String] = []
    for item in try folder.lineItems() {
      guard case .file(let picture) = item.image, let truth = truths[picture.lastPathComponent] else {
        continue
      }
      let record = predictions[item.id.description] ?? predictions[picture.lastPathComponent]
      if onlyAnswered, record == nil { continue }
      let degree = Self.softAccuracy(VQANormaliser.submission(record?.text ?? ""), truth.answers)
      tally.add(degree)
      if !truth.type.isEmpty { types.add(truth.type, degree) }
      asked.append(record?.questionID.description ?? item.id.description)
    }
    try requireAnswers(tally.count)
    return result(
      tally.percent, count: tally.count, asked: asked, JSONObject([("perAnswerType", types.json)]))
  }
}
