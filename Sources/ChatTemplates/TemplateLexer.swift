/// Cuts a template into tokens by the rules of Jinja's lexer with `trim_blocks` and `lstrip_blocks`.
struct TemplateLexer {
  let bytes: [UInt8]
  let name: String
  var position = 0
  var line = 1
  /// Whether the last match ended a line.
  private var startsLine = true
  private(set) var tokens: [TemplateToken] = []

  init(_ source: String, name: String) {
    self.name = name
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.utf8.count)
    var followsReturn = false
    for byte in source.utf8 {
      if byte == 0x0A, followsReturn {
        followsReturn = false
        continue
      }
      followsReturn = byte == 0x0D
      bytes.append(followsReturn ? 0x0A : byte)
    }
    // A single line break at the end is not the template's.
    if bytes.last == 0x0A { bytes.removeLast() }
    self.bytes = bytes
  }

  static func tokens(_ source: String, name: String) throws(ChatTemplateError) -> [TemplateToken] {
    var lexer = TemplateLexer(source, name: name)
    try lexer.run()
    return lexer.tokens
  }

  func error(_ message: String) -> ChatTemplateError {
    ChatTemplateError(kind: .syntax, name: name, line: line, message: message)
  }

  mutating func append(_ kind: TemplateToken.Kind) { tokens.append(TemplateToken(kind: kind, line: line)) }

  private mutating func run() throws(ChatTemplateError) {
    while position < bytes.count {
      let start = position
      guard let tag = nextTag(from: start) else {
        append(.data(text(start..<bytes.count)))
        position = bytes.count
        break
      }
      let sign = sign(at: tag + 2)
      if bytes[tag + 1] == UInt8(ascii: "%"), let end = rawBegin(after: tag + 2 + (sign == nil ? 0 : 1)) {
        emit(start..<tag, sign, lstrips: true)
        advance(to: end, from: tag)
        try rawBlock()
        continue
      }
      emit(start..<tag, sign, lstrips: bytes[tag + 1] != UInt8(ascii: "{"))
      advance(to: tag + 2 + (sign == nil ? 0 : 1), from: tag)
      switch bytes[tag + 1] {
      case UInt8(ascii: "#"): try comment()
      case UInt8(ascii: "%"):
        append(.blockBegin)
        try self.tag(isBlock: true)
      default:
        append(.variableBegin)
        try self.tag(isBlock: false)
      }
    }
    append(.end)
  }

  /// Where the next tag of any kind begins.
  private func nextTag(from start: Int) -> Int? {
    var place = start
    while place + 1 < bytes.count {
      if bytes[place] == UInt8(ascii: "{"), "%{#".utf8.contains(bytes[place + 1]) { return place }
      place += 1
    }
    return nil
  }

  /// The sign for white space behind a tag's opening.
  private func sign(at place: Int) -> UInt8? {
    place < bytes.count && "+-".utf8.contains(bytes[place]) ? bytes[place] : nil
  }

  /// Gives the text in front of a tag.
  private mutating func emit(_ range: Range<Int>, _ sign: UInt8?, lstrips: Bool) {
    var end = range.upperBound
    if sign == UInt8(ascii: "-") {
      end = trimmedEnd(range)
    } else if sign == nil, lstrips {
      let lineStart = bytes[range].lastIndex(of: 0x0A).map { $0 + 1 } ?? range.lowerBound
      if lineStart > range.lowerBound || startsLine, trimmedEnd(lineStart..<end) == lineStart {
        end = lineStart
      }
    }
    if end > range.lowerBound { append(.data(text(range.lowerBound..<end))) }
    line += bytes[range].count { $0 == 0x0A }
    if !range.isEmpty { startsLine = bytes[range.upperBound - 1] == 0x0A }
  }

  private func trimmedEnd(_ range: Range<Int>) -> Int {
    var end = range.upperBound
    while end > range.lowerBound {
      let start = UTF8Scalars.start(bytes, before: end)
      guard UTF8Scalars.scalar(bytes, at: start).isPythonSpace else { break }
      end = start
    }
    return end
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Moves behind a match that begins at `start`.
  mutating func advance(to end: Int, from start: Int) {
    line += bytes[start..<end].count { $0 == 0x0A }
    if end > start { startsLine = bytes[end - 1] == 0x0A }
    position = end
  }

  func skippingSpace(_ start: Int) -> Int {
    var place = start
    while place < bytes.count {
      let scalar = UTF8Scalars.scalar(bytes, at: place)
      guard scalar.isPythonSpace else { break }
      place += UTF8.width(scalar)
    }
    return place
  }

  func isAt(_ word: String, _ place: Int) -> Bool {
    bytes[min(place, bytes.count)...].starts(with: word.utf8)
  }

  /// Where a tag's closing that begins at `place` ends, white space behind it included; nil if there is none.
  /// - Parameter trims: A line break behind it belongs to it.
  func closing(_ mark: String, at place: Int, trims: Bool, mayKeep: Bool = true) -> Int? {
    if isAt("-" + mark, place) { return skippingSpace(place + 3) }
    if mayKeep, isAt("+" + mark, place) { return place + 3 }
    guard isAt(mark, place) else { return nil }
    let end = place + 2
    return trims && end < bytes.count && bytes[end] == 0x0A ? end + 1 : end
  }

  private func rawBegin(after place: Int) -> Int? {
    let start = skippingSpace(place)
    guard isAt("raw", start) else { return nil }
    return closing("%}", at: skippingSpace(start + 3), trims: false, mayKeep: false)
  }

  private mutating func rawBlock() throws(ChatTemplateError) {
    let start = position
    var place = start
    while place + 1 < bytes.count {
      if isAt("{%", place) {
        let sign = sign(at: place + 2)
        let word = skippingSpace(place + 2 + (sign == nil ? 0 : 1))
        if isAt("endraw", word), let end = closing("%}", at: skippingSpace(word + 6), trims: true) {
          emit(start..<place, sign, lstrips: true)
          advance(to: end, from: place)
          return
        }
      }
      place += 1
    }
    throw error("the end of a raw block is missing")
  }

  private mutating func comment() throws(ChatTemplateError) {
    var place = position
    while place + 1 < bytes.count {
      if let end = closing("#}", at: place, trims: true) {
        advance(to: end, from: position)
        return
      }
      place += 1
    }
    throw error("the end of a comment is missing")
  }
}
