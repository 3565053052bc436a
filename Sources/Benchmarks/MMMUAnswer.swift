internal import Foundation

/// Reads answers as MMMU's evaluation does.
enum MMMUAnswer {
  /// The letter that an answer to a multiple-choice question names; nil where the official parser guesses.
  static func letter(in response: String, _ options: [String]) -> String? {
    var text = ScalarText(response)
    for mark in ScalarText(",.!?;:'").scalars { text = text.stripped { $0 == mark } }
    text = " " + text + " "
    let letters = Letters.all.prefix(options.count)
    if let letter = last(in: text, letters.map { ($0, ScalarText("(\($0))")) }) { return letter }
    if let letter = last(in: text, letters.map { ($0, ScalarText(" \($0) ")) }) { return letter }
    guard text.words.count > 5 else { return nil }
    return last(in: text.lowercased, zip(letters, options).map { ($0, ScalarText($1).lowercased) })
  }

  /// The letter whose pattern occurs furthest right.
  private static func last(
    in text: ScalarText, _ candidates: [(letter: String, pattern: ScalarText)]
  ) -> String? {
    var best: (letter: String, position: Int)?
    for (letter, pattern) in candidates {
      guard let position = text.lastIndex(of: pattern) else { continue }
      if position > best?.position ?? -1 { best = (letter, position) }
    }
    return best?.letter
  }

  /// A normalised answer: a number rounded to two places, or text.
  enum Open: Hashable {
    case number(Double)
    case text(ScalarText)
  }

  /// Everything that an answer to an open question may be read as.
  static func openAnswers(in response: String) -> [Open] {
    let phrases = keyPhrases(ScalarText(response).stripped().stripped { $0 == "." }.lowercased)
    let all = phrases + phrases.flatMap { numbers(in: $0) }
    var seen: Set<Open> = []
    return all.flatMap { normalised($0) }.filter { seen.insert($0).inserted }
  }

  /// Whether one reading equals a truth, or is a text that contains one.
  static func isRight(_ readings: [Open], _ truths: [String]) -> Bool {
    let truths = truths.flatMap { normalised(ScalarText($0)) }
    return readings.contains { reading in
      truths.contains { truth in
        switch (reading, truth) {
        case (.text(let reading), .text(let truth)): reading.contains(truth)
        case (.number(let reading), .number(let truth)): reading == truth
        default: false
        }
      }
    }
  }

  private static let keyWords: [ScalarText] = [
    "could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ",
  ]
  private static let trivial: [ScalarText] = [":", ",", ".", "!", "?", ";", "'"]

  /// What follows the key words, line by line: the shortest tail of each; the whole text if there is none.
  private static func keyPhrases(_ text: ScalarText) -> [ScalarText] {
    let lines = text.split("\n")
    var phrases: [ScalarText] = []
    for (position, line) in lines.enumerated() {
      var shortest: ScalarText?
      for word in keyWords + (position == lines.count - 1 ? ["="] : []) {
        guard let hit = line.lastIndex(of: word) else { continue }
        let tail = ScalarText(line.scalars[(hit + word.count)...]).stripped()
        // An empty tail is replaced by any later one, as the original's truth test does.
        if shortest.map({ $0.isEmpty || tail.count < $0.count }) ?? true { shortest = tail }
      }
      if let shortest, !shortest.isEmpty, !trivial.contains(shortest) { phrases.append(shortest) }
    }
    return phrases.isEmpty ? [text] : phrases
  }

  /// Numbers as such; other texts in lower case, single letters with a space so that they match no word's inside.
  static func normalised(_ text: ScalarText) -> [Open] {
    let text = text.stripped()
    if let number = number(ScalarText(text.scalars.filter { $0 != "," })) {
      return [.number(ScoringTask.rounded(number))]
    }
    let lowered = text.lowercased
    return lowered.count == 1 ? [.text(" " + lowered), .text(lowered + " ")] : [.text(lowered)]
  }

  /// The value that Python's `float()` gives.
  private static func number(_ text: ScalarText) -> Double? {
    let scalars = text.stripped().scalars
    var plain = ""
    for (position, scalar) in scalars.enumerated() {
      if scalar == "_" {
        // Between digits only.
        guard position > 0, position + 1 < scalars.count, ScalarText.isDigit(scalars[position - 1]),
          ScalarText.isDigit(scalars[position + 1])
        else { return nil }
      } else if ScalarText.isDigit(scalar), let digit = scalar.properties.numericValue {
        plain += String(Int(digit))
      } else {
        plain.unicodeScalars.append(scalar)
      }
    }
    let lowered = plain.lowercased()
    let unsigned = lowered.hasPrefix("-") || lowered.hasPrefix("+") ? String(lowered.dropFirst()) : lowered
    switch unsigned {
    case "inf", "infinity": return lowered.hasPrefix("-") ? -.infinity : .infinity
    case "nan": return .nan
    default:
      // Swift also reads hexadecimal numbers, which Python does not.
      guard unsigned.unicodeScalars.allSatisfy({ ScalarText("0123456789.e+-").scalars.contains($0) }) else {
        return nil
      }
      return pythonDecimal(lowered)
    }
  }

  /// Swift refuses "5." and ".5" as decimal numbers in some places; Python takes both.
  private static func pythonDecimal(_ text: String) -> Double? {
    guard text.contains(where: \.isNumber) else { return nil }
    var result = ""
    var lastIsDigit = false
    for character in text {
      if character == ".", !lastIsDigit { result += "0" }
      if character == "e", !lastIsDigit, result.hasSuffix(".") { result += "0" }
      result.append(character)
      lastIsDigit = character.isNumber
    }
    if result.hasSuffix(".") { result += "0" }
    return Double(result)
  }
}
