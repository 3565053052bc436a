internal import StrictJSON

extension ScoringTask {
  /// SEED-Bench: the answer must be exactly the letter.
  func scoreSEEDBench() throws -> Score {
    let file = try JSONObject.read(contentsOf: try folder.file(("SEED-Bench", ".json")))
    var typeNames: [Int: String] = [:]
    for (name, value) in try file.object("question_type") {
      if let id = value.int { typeNames[id] = name }
    }
    let predictions = answers.byID
    var (all, media, types) = (Tally(), Tallies(), Tallies())
    var asked: [String] = []
    for question in try file.objects("questions") {
      let id = try QuestionID.read(question, "question_id").description
      let record = predictions[id]
      asked.append(id)
      if onlyAnswered, record == nil { continue }
      let isRight =
        try record.map { ScalarText($0.text) == ScalarText(try question.string("answer")) } ?? false
      let type = try question.int("question_type_id")
      all.add(isRight)
      media.add(try question.string("data_type"), isRight)
      types.add(typeNames[type] ?? String(type), isRight)
    }
    try requireAnswers(all.count)
    return result(
      all.percent, count: all.count, asked: asked,
      JSONObject([("data_type", media.json), ("question_type", types.json)]))
  }
}
