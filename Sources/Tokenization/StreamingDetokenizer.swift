/// Turns ids into text while they come in, without ever giving out half a character.
///
/// The bytes of an unfinished character wait for the ids that complete it; bytes that cannot be part of any character
/// become U+FFFD. The pieces of text joined are the text of all ids.
package struct StreamingDetokenizer: Sendable {
  private let tokenizer: any TextTokenizer
  private let skipSpecial: Bool
  private var pending: [UInt8] = []
  private var mayDropSpace: Bool

  /// - Parameter continuesText: The ids go on from text that is already there, so that no leading space is dropped.
  package init(_ tokenizer: any TextTokenizer, skipSpecial: Bool = true, continuesText: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
    mayDropSpace = tokenizer.dropsLeadingSpace && !continuesText
  }

  /// The text that is complete with `id`, possibly empty.
  package mutating func push(_ id: Int) -> String {
    if skipSpecial, tokenizer.isSpecial(id) { return "" }
    let bytes = tokenizer.bytes(for: id)
    if bytes.isEmpty { return "" }
    pending += bytes
    if mayDropSpace {
      mayDropSpace = false
      if pending.first == UInt8(ascii: " ") { pending.removeFirst() }
    }
    let complete = pending.count - unfinishedSuffix(of: pending)
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// The text of bytes that were left waiting, at the end of the ids.
  package mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }
}

/// How many bytes at the end of `bytes` begin a character that more bytes could complete: 0 to 3.
private func unfinishedSuffix(of bytes: [UInt8]) -> Int {
  for length in 1...3 where length <= bytes.count {
    let lead = bytes[bytes.count - length]
    if UTF8.isContinuation(lead) { continue }
    let needed =
      switch lead {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    return length < needed ? length : 0
  }
  return 0
}
