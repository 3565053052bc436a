/// Cuts the strings of added tokens out of a text: left to right, the longest match at each position.
struct AddedTokenSplitter: Sendable {
  enum Segment: Equatable {
    /// Bytes between added tokens, never empty.
    case text(Range<Int>)
    case token(id: Int)
  }

  private var trie = ByteTrie<AddedToken>()
  /// Ids of tokens that count as special without being called so.
  var reserved: Set<Int> = []

  init(_ tokens: [AddedToken]) {
    for token in tokens { insert(token, content: Array(token.content.utf8)) }
  }

  var isEmpty: Bool { trie.isEmpty }

  /// Looks for `content` instead of the token's own string.
  mutating func insert(_ token: AddedToken, content: [UInt8]) { trie.insert(content, token) }

  /// Whether the token must not be found in literal text.
  private func isSpecial(_ token: AddedToken) -> Bool { token.isSpecial || reserved.contains(token.id) }

  /// Takes time in proportion to the text's length, times at most that of the longest token's string.
  /// - Parameter literals: Ranges of the text, in order, in which no special token begins or ends.
  func segments(of text: UnsafeBufferPointer<UInt8>, literals: [Range<Int>] = []) -> [Segment] {
    if text.isEmpty { return [] }
    if isEmpty { return [.text(0..<text.count)] }
    var segments: [Segment] = []
    var position = 0
    var textStart = 0
    var spaceEnd = 0
    var literals = literals[...]
    while position < text.count {
      while let literal = literals.first, literal.upperBound <= position { literals.removeFirst() }
      guard trie.mayStart(with: text[position]),
        let (token, end) = match(in: text, at: position, before: literals.first?.lowerBound ?? text.count)
      else {
        position += 1
        continue
      }
      // As in the tokenizers library, a match inside a word is passed over as a whole.
      if token.matchesWholeWords, touchesWord(position..<end, in: text) {
        position = end
        continue
      }
      var textEnd = position
      if token.stripsLeft {
        while let length = text.lengthOfScalar(endingAt: textEnd, where: \.isWhitespace),
          textEnd - length >= textStart
        {
          textEnd -= length
        }
      }
      if textStart < textEnd { segments.append(.text(textStart..<textEnd)) }
      segments.append(.token(id: token.id))
      // As in the tokenizers library, tokens of white space are still found in what this one strips.
      position = end
      textStart = end
      if token.stripsRight {
        spaceEnd = max(spaceEnd, end)
        while let length = text.lengthOfScalar(startingAt: spaceEnd, where: \.isWhitespace) {
          spaceEnd += length
        }
        textStart = spaceEnd
      }
    }
    if textStart < text.count { segments.append(.text(textStart..<text.count)) }
    return segments
  }

  /// - Parameter limit: Where the literal text begins, beyond which no special token may reach.
  private func match(in text: UnsafeBufferPointer<UInt8>, at start: Int, before limit: Int)
    -> (AddedToken, end: Int)?
  {
    var found: (AddedToken, end: Int)?
    trie.forEachMatch(in: text, at: start) { token, end in
      if end <= limit || !isSpecial(token) { found = (token, end) }
    }
    return found
  }

  private func touchesWord(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.lengthOfScalar(endingAt: range.lowerBound, where: \.isInWord) != nil
      || text.lengthOfScalar(startingAt: range.upperBound, where: \.isInWord) != nil
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Bytes of the character that starts at `start`, if it has the property; nil otherwise.
  fileprivate func lengthOfScalar(
    startingAt start: Int, where property: (Unicode.Scalar.Properties) -> Bool
  ) -> Int? {
    guard start < count else { return nil }
    var decoder = UTF8()
    var bytes = self[start...].makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return nil }
    return property(scalar.properties) ? UTF8.width(scalar) : nil
  }

  /// Bytes of the character that ends before `end`, if it has the property; nil otherwise.
  fileprivate func lengthOfScalar(
    endingAt end: Int, where property: (Unicode.Scalar.Properties) -> Bool
  ) -> Int? {
    var start = end - 1
    while start > 0, UTF8.isContinuation(self[start]) { start -= 1 }
    guard start >= 0, let length = lengthOfScalar(startingAt: start, where: property), start + length == end
    else { return nil }
    return length
  }
}

extension Unicode.Scalar.Properties {
  /// What `\w` matches by Unicode's rules for regular expressions (UTS 18, annex C).
  fileprivate var isInWord: Bool {
    if isAlphabetic || isJoinControl { return true }
    switch generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}
