/// Cuts the strings of added tokens out of a text: left to right, the longest match at each position.
struct AddedTokenSplitter: Sendable {
  enum Segment: Equatable {
    /// Bytes between added tokens, never empty.
    case text(Range<Int>)
    case token(id: Int)
  }

  /// The trie's edges, from node × 256 + byte to the next node; the root is node 0.
  private var edges: [Int: Int] = [:]
  /// At each node, the token that ends there.
  private var ends: [AddedToken?] = [nil]
  /// Whether a token starts with this byte, so that most positions need no look into the trie.
  private var starts = [Bool](repeating: false, count: 256)

  init(_ tokens: [AddedToken]) {
    for token in tokens { insert(token, content: Array(token.content.utf8)) }
  }

  var isEmpty: Bool { edges.isEmpty }

  /// Looks for `content` instead of the token's own string.
  mutating func insert(_ token: AddedToken, content: [UInt8]) {
    guard let first = content.first else { return }
    starts[Int(first)] = true
    var node = 0
    for byte in content {
      let edge = node * 256 + Int(byte)
      if let next = edges[edge] {
        node = next
      } else {
        ends.append(nil)
        node = ends.count - 1
        edges[edge] = node
      }
    }
    ends[node] = token
  }

  /// Takes time in proportion to the text's length, times at most that of the longest token's string.
  func segments(of text: UnsafeBufferPointer<UInt8>) -> [Segment] {
    if text.isEmpty { return [] }
    if isEmpty { return [.text(0..<text.count)] }
    var segments: [Segment] = []
    var position = 0
    var textStart = 0
    while position < text.count {
      guard starts[Int(text[position])], let (token, end) = match(in: text, at: position) else {
        position += 1
        continue
      }
      var textEnd = position
      if token.stripsLeft {
        while let length = whitespaceLength(in: text, endingAt: textEnd), textEnd - length >= textStart {
          textEnd -= length
        }
      }
      if textStart < textEnd { segments.append(.text(textStart..<textEnd)) }
      segments.append(.token(id: token.id))
      position = end
      if token.stripsRight {
        while let length = whitespaceLength(in: text, startingAt: position) { position += length }
      }
      textStart = position
    }
    if textStart < text.count { segments.append(.text(textStart..<text.count)) }
    return segments
  }

  private func match(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> (AddedToken, end: Int)? {
    var node = 0
    var found: (AddedToken, end: Int)?
    for position in start..<text.count {
      guard let next = edges[node * 256 + Int(text[position])] else { break }
      node = next
      if let token = ends[node] { found = (token, position + 1) }
    }
    return found
  }
}

/// Bytes of the white-space character that starts at `start`, or nil if none does.
private func whitespaceLength(in text: UnsafeBufferPointer<UInt8>, startingAt start: Int) -> Int? {
  guard start < text.count else { return nil }
  var decoder = UTF8()
  var bytes = text[start...].makeIterator()
  guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return nil }
  return scalar.properties.isWhitespace ? UTF8.width(scalar) : nil
}

/// Bytes of the white-space character that ends before `end`, or nil if none does.
private func whitespaceLength(in text: UnsafeBufferPointer<UInt8>, endingAt end: Int) -> Int? {
  var start = end - 1
  while start > 0, UTF8.isContinuation(text[start]) { start -= 1 }
  guard start >= 0, let length = whitespaceLength(in: text, startingAt: start), start + length == end else {
    return nil
  }
  return length
}
