internal import StrictJSON

extension ScoringTask {
  /// ScienceQA: the share of right letters among questions with a picture.
  func scoreScienceQA() throws -> Score {
    let problems = try JSONObject.read(contentsOf: try folder.file(("problems", ".json")))
    let test = try JSONObject.read(contentsOf: try folder.file(("pid_splits", ".json"))).strings("test")
    let predictions = answers.byID
    var (all, withPicture) = (Tally(), Tally())
    var (results, outputs) = (JSONObject(), JSONObject())
    var failed = 0
    for id in test {
      let record = predictions[id]
      if onlyAnswered, record == nil { continue }
      let problem = try problems.object(id)
      let choices = try problem.array("choices").count
      let letter = Self.letter(inScienceQAAnswer: record?.text ?? "FAILED", rules)
      if letter == nil { failed += 1 }
      let index = letter.flatMap { letter in
        Letters.all.prefix(min(choices, Self.scienceQALetters.count)).firstIndex(of: letter)
      }
      let isRight = try index == problem.int("answer")
      all.add(isRight)
      if let record, ScalarText(record.prompt).contains("<image>") { withPicture.add(isRight) }
      results[id] = JSONValue(index ?? -1)
      outputs[id] = JSONValue(record?.text ?? "FAILED")
    }
    guard withPicture.count > 0 else {
      throw BenchmarkError.answers(
        problem: "no stored prompt of the answers contains <image>, so there is no image accuracy",
        remedy: "store the prompts as LLaVA's loader does")
    }
    return result(
      withPicture.percent, count: withPicture.count, asked: test,
      JSONObject([
        ("image_accuracy", JSONValue(withPicture.percent)), ("accuracy", JSONValue(all.percent)),
        ("correct", JSONValue(Int(all.right))), ("total", JSONValue(all.count)),
        ("without_letter", JSONValue(failed)), ("results", .object(results)),
        ("outputs", .object(outputs)),
      ]))
  }

  private static let scienceQALetters: [ScalarText] = ["A", "B", "C", "D", "E"]

  /// The letter that an answer names; nil if it names none.
  static func letter(inScienceQAAnswer answer: String, _ rules: ScoringProtocol) -> String? {
    let text = ScalarText(answer)
    if let letter = scienceQALetters.first(where: { $0 == text }) { return letter.string }
    if text.count >= 3, let letter = scienceQALetters.first(where: { text.hasPrefix($0) }),
      rules == .gammaMoD || text.matches(". ", at: 1)
    {
      return letter.string
    }
    let start: ScalarText = "The answer is "
    var found: [Unicode.Scalar] = []
    var position = 0
    while let hit = text.firstIndex(of: start, from: position) {
      let letter = hit + start.count
      // Any one character but a line end must follow the letter.
      guard letter + 1 < text.count else { break }
      if ("A"..."Z").contains(text.scalars[letter]), text.scalars[letter + 1] != "\n" {
        found.append(text.scalars[letter])
        position = letter + 2
      } else {
        position = hit + 1
      }
    }
    return found.count == 1 ? ScalarText(found).string : nil
  }
}
