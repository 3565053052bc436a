/// One of the regular expressions by which byte-level tokenizers cut a text into words, run by a scanner of our own.
///
/// Every known expression matches at every position, so that the pieces joined are the text.
struct WordPattern: Sendable, Equatable {
  /// What a word may begin with.
  enum Opening: Sendable {
    /// One space: ` ?\p{L}+`, and the same in front of numbers.
    case space
    /// One character that is no letter, number or line break: `[^\r\n\p{L}\p{N}]?\p{L}+`.
    case anyMark
  }

  var opening: Opening
  /// Digits in one piece; nil for any number.
  var longestNumber: Int?
  /// English contractions (`'s`, `'ll`) count in upper case too.
  var foldsCase: Bool
  /// Signs take the line breaks behind them, and white space up to a line break is a piece.
  var keepsLineBreaks: Bool

  /// GPT-2's, which the ByteLevel pre-tokeniser brings along.
  static let gpt2 = WordPattern(
    opening: .space, longestNumber: nil, foldsCase: false, keepsLineBreaks: false)
  static let llama3 = WordPattern(opening: .anyMark, longestNumber: 3, foldsCase: true, keepsLineBreaks: true)
  static let qwen2 = WordPattern(opening: .anyMark, longestNumber: 1, foldsCase: true, keepsLineBreaks: true)

  /// The pattern of a regular expression as tokenizer.json spells it; nil if it is not known.
  init?(regex: String) {
    switch regex {
    case #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#:
      self = .gpt2
    case Self.modern(#"\p{N}{1,3}"#):
      self = .llama3
    case Self.modern(#"\p{N}"#):
      self = .qwen2
    default:
      return nil
    }
  }

  private init(opening: Opening, longestNumber: Int?, foldsCase: Bool, keepsLineBreaks: Bool) {
    self.opening = opening
    self.longestNumber = longestNumber
    self.foldsCase = foldsCase
    self.keepsLineBreaks = keepsLineBreaks
  }

  private static func modern(_ number: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }
}
