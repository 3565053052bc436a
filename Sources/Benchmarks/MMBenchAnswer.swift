/// Finds the option that an answer names, as VLMEvalKit does without a judge.
enum MMBenchAnswer {
  /// VLMEvalKit's two sets of rules.
  enum Version {
    /// That of 2024.
    case published
    /// The current one.
    case head
  }

  /// The letter, "Z" for a refusal, or nil.
  static func inferred(
    _ answer: String, _ options: [(letter: String, text: String)], _ version: Version
  ) -> String? {
    let text = ScalarText(answer)
    if !text.contains("Failed to obtain answer via API") {
      if refusals.contains(where: { text.contains($0) }) { return "Z" }
      if let letter = namedLetter(text, options.map(\.letter), version) { return letter }
    }
    return quotedOption(text, options, version)
  }

  private static let refusals: [ScalarText] = [
    "Sorry, I can't help with images of people yet.", "I can't process this file.",
    "I'm sorry, but without the image provided", "Cannot determine the answer",
  ]

  private static func namedLetter(_ text: ScalarText, _ letters: [String], _ version: Version) -> String? {
    let marks = ScalarText(".()[],:;!*#{}").scalars
    let words = ScalarText(text.scalars.map { marks.contains($0) ? " " : $0 }).words.map(\.string)
    let named = letters.filter { words.contains($0) }
    if named.count == 1, let letter = named.first, let position = words.firstIndex(of: letter) {
      switch version {
      case .published: return letter
      // Far from the end, "A" is rather an article.
      case .head: if position > words.count - 5 { return letter }
      }
    } else if named.isEmpty, words.contains("Z") {
      return "Z"
    }
    return version == .head ? letterAfterAnswerIs(text, letters) : nil
  }

  /// The letter in "answer is X", in any case and with or without asterisks.
  private static func letterAfterAnswerIs(_ text: ScalarText, _ letters: [String]) -> String? {
    let (lowered, phrase): (ScalarText, ScalarText) = (text.lowercased, "answer is ")
    var start = 0
    while let hit = lowered.firstIndex(of: phrase, from: start) {
      start = hit + 1
      var position = hit + phrase.count
      if lowered.matches("**", at: position) { position += 2 }
      guard position < lowered.count else { continue }
      let end = position + 1
      let isWhole = end == lowered.count || !lowered.scalars[end].properties.isAlphabetic
      let letter = letters.first { ScalarText($0).lowercased.scalars == [lowered.scalars[position]] }
      if isWhole, let letter { return letter }
    }
    return nil
  }

  /// The only option whose text occurs in the answer.
  private static func quotedOption(
    _ text: ScalarText, _ options: [(letter: String, text: String)], _ version: Version
  ) -> String? {
    let answer = text.lowercased
    let lowered = options.map { (letter: $0.letter, text: ScalarText($0.text).lowercased) }
    if version == .head, answer.count > 2 * lowered.reduce(0, { $0 + $1.text.count }) { return nil }
    let found = lowered.filter { answer.contains($0.text) }
    return found.count == 1 ? found[0].letter : nil
  }
}
