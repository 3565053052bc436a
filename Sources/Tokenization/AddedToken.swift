/// A token beside the trained vocabulary whose string is cut out of a text before anything else happens to it.
public struct AddedToken: Sendable, Hashable {
  public var id: Int
  public var content: String
  /// Decoding can leave the token out.
  public var isSpecial: Bool
  /// The match swallows the white space on its left.
  public var stripsLeft: Bool
  /// The match swallows the white space on its right.
  public var stripsRight: Bool
  /// The match must not touch a letter, digit or other character of words.
  public var matchesWholeWords: Bool
  /// The string is looked for after normalisation rather than in the raw text.
  public var isNormalized: Bool

  public init(
    id: Int, content: String, isSpecial: Bool = true, stripsLeft: Bool = false, stripsRight: Bool = false,
    matchesWholeWords: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.matchesWholeWords = matchesWholeWords
    self.isNormalized = isNormalized
  }
}
