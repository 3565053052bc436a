/// The two normalisers of short answers: the one that TextVQA and VQAv2's submission use, and VQAv2's scorer's.
///
/// Both keep what is odd in the originals, because scores are compared with them.
enum VQANormaliser {
  /// The normaliser of the EvalAI server: all steps.
  static func submission(_ text: String) -> ScalarText {
    let lowered = ScalarText(text).lowercased
    let tokenised = ScalarText(lowered.scalars.filter { $0 != "," && $0 != "?" })
      .replacing("'s", with: " 's").stripped()
    return withoutArticles(withoutPunctuation(onOneLine(tokenised)))
  }

  /// What VQAv2's scorer does to a prediction.
  static func prediction(_ text: String) -> ScalarText {
    withoutArticles(withoutPunctuation(onOneLine(ScalarText(text))))
  }

  /// Line ends and tabs as spaces, none at the ends.
  static func onOneLine(_ text: ScalarText) -> ScalarText {
    ScalarText(text.scalars.map { $0 == "\n" || $0 == "\t" ? " " : $0 }).stripped()
  }

  private static let punctuation: [Unicode.Scalar] = [
    ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!",
  ]

  /// Periods that the original removes at most: it passes the value of a flag as the count.
  private static let removedPeriods = 32

  /// Deletes each mark if it touches a space anywhere or the text has a comma between digits, else makes it a
  /// space; then deletes periods that no digit follows.
  static func withoutPunctuation(_ text: ScalarText) -> ScalarText {
    let original = text.scalars
    let hasDigitComma = original.indices.dropFirst().dropLast().contains {
      original[$0] == "," && ScalarText.isDigit(original[$0 - 1]) && ScalarText.isDigit(original[$0 + 1])
    }
    var result = original
    for mark in punctuation where original.contains(mark) {
      let touchesSpace = original.indices.contains { position in
        original[position] == mark
          && (position > 0 && original[position - 1] == " "
            || position + 1 < original.count && original[position + 1] == " ")
      }
      if touchesSpace || hasDigitComma {
        result.removeAll { $0 == mark }
      } else {
        result = result.map { $0 == mark ? " " : $0 }
      }
    }
    return withoutPeriods(result)
  }

  private static func withoutPeriods(_ scalars: [Unicode.Scalar]) -> ScalarText {
    var kept: [Unicode.Scalar] = []
    var removed = 0
    for (position, scalar) in scalars.enumerated() {
      let isBeforeDigit = position + 1 < scalars.count && ScalarText.isDigit(scalars[position + 1])
      if scalar == ".", !isBeforeDigit, removed < removedPeriods {
        removed += 1
      } else {
        kept.append(scalar)
      }
    }
    return ScalarText(kept)
  }

  /// Lower-cases, turns number words into digits, drops articles and restores apostrophes.
  static func withoutArticles(_ text: ScalarText) -> ScalarText {
    let words = text.lowercased.words.map { numbers[$0] ?? $0 }
    return ScalarText.joined(
      words.filter { $0 != "a" && $0 != "an" && $0 != "the" }.map { contractions[$0] ?? $0 })
  }

  private static let numbers: [ScalarText: ScalarText] = [
    "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10",
  ]
}
