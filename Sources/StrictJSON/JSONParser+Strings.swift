extension JSONParser {
  /// Reads the string whose opening quote is the current byte.
  mutating func string() throws(JSONError) -> String {
    let start = position + 1
    var end = start
    while true {
      guard end < bytes.count else { throw error("the string that begins here has no closing quote") }
      let byte = bytes[end]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") { return try escapedString(firstEscape: end) }
      guard byte >= 0x20 else { throw controlCharacter(at: end) }
      end += 1
    }
    position = end + 1
    return try text(UnsafeBufferPointer(rebasing: bytes[start..<end]), from: start)
  }

  private mutating func escapedString(firstEscape: Int) throws(JSONError) -> String {
    let start = position + 1
    unescaped.removeAll(keepingCapacity: true)
    unescaped.append(contentsOf: bytes[start..<firstEscape])
    var next = firstEscape
    while true {
      guard next < bytes.count else { throw error("the string that begins here has no closing quote") }
      let byte = bytes[next]
      if byte == UInt8(ascii: "\"") { break }
      guard byte >= 0x20 else { throw controlCharacter(at: next) }
      if byte == UInt8(ascii: "\\") {
        next = try escape(at: next)
      } else {
        unescaped.append(byte)
        next += 1
      }
    }
    position = next + 1
    // The scratch bytes may not be lent while `self` is used, so an error is made outside.
    guard let result = unescaped.withUnsafeBufferPointer({ String(validating: $0, as: UTF8.self) }) else {
      return try text(UnsafeBufferPointer(rebasing: bytes[start..<next]), from: start)
    }
    return result
  }

  /// Decodes the escape that begins at `start` into `unescaped`.
  /// - Returns: the position after it.
  private mutating func escape(at start: Int) throws(JSONError) -> Int {
    guard start + 1 < bytes.count else { throw error("the text ends inside an escape", at: start) }
    let literal: UInt8
    switch bytes[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): literal = bytes[start + 1]
    case UInt8(ascii: "b"): literal = 0x08
    case UInt8(ascii: "f"): literal = 0x0C
    case UInt8(ascii: "n"): literal = 0x0A
    case UInt8(ascii: "r"): literal = 0x0D
    case UInt8(ascii: "t"): literal = 0x09
    case UInt8(ascii: "u"): return try unicodeEscape(at: start)
    default: throw error("an unknown escape; write \\\\ for a backslash", at: start)
    }
    unescaped.append(literal)
    return start + 2
  }

  private mutating func unicodeEscape(at start: Int) throws(JSONError) -> Int {
    let first = try codeUnit(at: start)
    var code = UInt32(first)
    var end = start + 6
    if UTF16.isLeadSurrogate(first) {
      guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\\"), bytes[end + 1] == UInt8(ascii: "u"),
        case let second = try codeUnit(at: end), UTF16.isTrailSurrogate(second)
      else { throw loneSurrogate(at: start) }
      code = 0x10000 + (UInt32(first) & 0x3FF) << 10 + UInt32(second) & 0x3FF
      end += 6
    }
    guard let scalar = Unicode.Scalar(code) else { throw loneSurrogate(at: start) }
    unescaped.append(contentsOf: scalar.utf8)
    return end
  }

  /// The four hexadecimal digits of the \u escape that begins at `start`.
  private func codeUnit(at start: Int) throws(JSONError) -> UInt16 {
    var code: UInt16 = 0
    for offset in start + 2..<start + 6 {
      let byte = offset < bytes.count ? bytes[offset] : 0
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error("\\u needs four hexadecimal digits", at: start)
      }
      code = code << 4 | UInt16(digit)
    }
    return code
  }

  private func text(_ slice: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONError) -> String {
    if let result = String(validating: slice, as: UTF8.self) { return result }
    // Only now, as it costs a second pass: where the first malformed sequence is.
    var decoder = UTF8()
    var iterator = slice.makeIterator()
    var offset = start
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
    throw error("bytes that are not UTF-8; store the text as UTF-8", at: offset)
  }

  private func controlCharacter(at offset: Int) -> JSONError {
    error("a control character inside a string; write it as an escape such as \\n", at: offset)
  }

  private func loneSurrogate(at offset: Int) -> JSONError {
    error("half of a surrogate pair; write both halves or remove it", at: offset)
  }
}
