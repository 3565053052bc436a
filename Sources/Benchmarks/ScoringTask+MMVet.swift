internal import StrictJSON

extension ScoringTask {
  /// MM-Vet by a judge's grades, or without a judge.
  func scoreMMVet() throws -> Score {
    rules == .keywords ? try scoreMMVetByKeywords() : try scoreMMVetByGrades()
  }

  /// MM-Vet without a judge: an answer is right if it mentions every fact of one alternative.
  ///
  /// Reference answers hold alternatives separated by `<OR>`, each of facts separated by `<AND>`.
  private func scoreMMVetByKeywords() throws -> Score {
    let items = try mmVetQuestions()
    let predictions = Dictionary(
      answers.records.map { (Self.key($0.questionID.description, .mmVet), $0.text) }
    ) { $1 }
    var (all, facts, capabilities) = (Tally(), Tally(), Tallies())
    for (id, value) in items {
      guard let item = value.object else { continue }
      if onlyAnswered, predictions[id] == nil { continue }
      let share = Self.shareOfFacts(in: predictions[id] ?? "", try item.string("answer"))
      all.add(share == 1)
      facts.add(share)
      for capability in try item.optionalStrings("capability") ?? [] {
        capabilities.add(capability, share == 1)
      }
    }
    try requireAnswers(all.count)
    return result(
      all.percent, count: all.count, asked: items.map(\.key),
      JSONObject([("mean_share_of_facts", JSONValue(facts.percent)), ("capability", capabilities.json)]))
  }

  func mmVetQuestions() throws -> JSONObject {
    try JSONObject.read(contentsOf: try folder.file(("mm-vet", ".json")))
  }

  /// The share of facts that the answer mentions, for the alternative that fits best.
  static func shareOfFacts(in answer: String, _ reference: String) -> Double {
    let words = words(answer)
    return parts(ScalarText(reference), "<OR>").map { alternative in
      let facts = parts(alternative, "<AND>").map { Self.words($0.string) }.filter { !$0.isEmpty }
      guard !facts.isEmpty else { return 0 }
      return Double(facts.count { Self.contains(words, $0) }) / Double(facts.count)
    }.max() ?? 0
  }

  private static func parts(_ text: ScalarText, _ separator: ScalarText) -> [ScalarText] {
    var parts: [ScalarText] = []
    var start = 0
    while let hit = text.firstIndex(of: separator, from: start) {
      parts.append(ScalarText(text.scalars[start..<hit]))
      start = hit + separator.count
    }
    return parts + [ScalarText(text.scalars[start...])]
  }

  /// Runs of letters and digits, in lower case.
  private static func words(_ text: String) -> [ScalarText] {
    ScalarText(text).lowercased.scalars
      .split { !($0.properties.isAlphabetic || ScalarText.isDigit($0)) }.map { ScalarText($0) }
  }

  private static func contains(_ words: [ScalarText], _ fact: [ScalarText]) -> Bool {
    guard fact.count <= words.count else { return false }
    return (0...(words.count - fact.count)).contains { Array(words[$0..<$0 + fact.count]) == fact }
  }
}
