import Foundation

/// The words of a line as a shell splits them: quotes keep spaces, a backslash keeps the character behind it, and a `~` in
/// front stands for the user's home.
struct CommandWords {
  let words: [String]

  /// - Throws: `StreamError` if a quote is not closed.
  init(_ line: String) throws {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in line {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let finished = word { words.append(finished) }
        word = nil
      } else if word == nil, character == "~" {
        word = FileManager.default.homeDirectoryForCurrentUser.path
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil else { throw StreamError("a quote is not closed") }
    if let word { words.append(word) }
    self.words = words
  }
}
