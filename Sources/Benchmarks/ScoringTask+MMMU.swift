internal import StrictJSON

extension ScoringTask {
  static let guessSeed: UInt32 = 42

  /// MMMU: the share of right answers over all subjects.
  ///
  /// Letters are looked for in raw answers, which needs the options of the question file; converted files hold
  /// letters alone. Open answers are read the same in both. Where no letter is found, one is drawn as by the
  /// official script after `random.seed(42)`, subject by subject; the details say how often that happened.
  func scoreMMMU() throws -> Score {
    let gold = try JSONObject.read(
      contentsOf: try folder.truth("MMMU's test answers are not public", ("answer_dict_val", ".json")))
    let predictions = answers.byID
    var options = predictions.mapValues(\.options).filter { !$0.value.isEmpty }
    if !answers.isConverted, options.isEmpty {
      options = Dictionary(try folder.mmmuQuestions().map { ($0.id, $0.options) }) { $1 }
    }
    var (all, subjects) = (Tally(), Tallies())
    var random = PythonRandom(seed: Self.guessSeed)
    var guesses = 0
    let bySubject = Dictionary(grouping: gold) { MMMUSubject.name(inID: $0.key) }
    for (subject, entries) in bySubject.sorted(by: { $0.key < $1.key }) {
      for (id, value) in entries {
        guard let entry = value.object else { continue }
        let record = predictions[id]
        if onlyAnswered, record == nil { continue }
        let truths = try Self.truths(entry)
        var isRight = false
        if try entry.string("question_type") != "multiple-choice" {
          isRight = MMMUAnswer.isRight(record.map { MMMUAnswer.openAnswers(in: $0.text) } ?? [], truths)
        } else if let text = record?.text, answers.isConverted {
          isRight = truths.contains(text)
        } else if let text = record?.text, let choices = options[id], !choices.isEmpty {
          var letter = MMMUAnswer.letter(in: text, choices)
          if letter == nil {
            guesses += 1
            letter = Letters.all[random.choice(min(choices.count, Letters.all.count))]
          }
          isRight = letter.map { truths.contains($0) } ?? false
        }
        all.add(isRight)
        subjects.add(subject, isRight)
      }
    }
    try requireAnswers(all.count)
    var domains = JSONObject()
    for (name, members) in MMMUSubject.domains {
      var tally = Tally()
      for member in members { tally.add(subjects[member]) }
      if tally.count > 0 { domains[name] = tally.json }
    }
    return result(
      all.percent, count: all.count, asked: gold.map(\.key),
      JSONObject([
        ("guesses", JSONValue(guesses)), ("domains", .object(domains)), ("subjects", subjects.json),
      ]))
  }

  private static func truths(_ entry: JSONObject) throws -> [String] {
    if case .array = entry["ground_truth"] { return try entry.strings("ground_truth") }
    return [try entry.string("ground_truth")]
  }
}
