/// A token beside the trained vocabulary whose string is cut out of a text before anything else happens to it.
package struct AddedToken: Sendable, Hashable {
  package var id: Int
  package var content: String
  /// Decoding can leave the token out.
  package var isSpecial: Bool
  /// The match swallows the white space on its left.
  package var stripsLeft: Bool
  /// The match swallows the white space on its right.
  package var stripsRight: Bool
  /// The match must not touch a letter, digit or other character of words.
  package var matchesWholeWords: Bool
  /// The string is looked for after normalisation rather than in the raw text.
  package var isNormalized: Bool

  package init(
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
