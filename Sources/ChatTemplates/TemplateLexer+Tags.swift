extension TemplateLexer {
  /// Cuts what stands within a tag, its closing included.
  mutating func tag(isBlock: Bool) throws(ChatTemplateError) {
    var open: [UInt8] = []
    let mark = isBlock ? "%}" : "}}"
    while position < bytes.count {
      let start = position
      if open.isEmpty, let end = closing(mark, at: start, trims: isBlock, mayKeep: isBlock) {
        append(isBlock ? .blockEnd : .variableEnd)
        advance(to: end, from: start)
        return
      }
      let space = skippingSpace(start)
      if space > start {
        advance(to: space, from: start)
      } else if bytes[start].isDigit {
        try number()
      } else if let end = nameEnd(start) {
        append(.name(text(start..<end)))
        advance(to: end, from: start)
      } else if bytes[start] == UInt8(ascii: "'") || bytes[start] == UInt8(ascii: "\"") {
        try string()
      } else {
        try symbol(&open)
      }
    }
    throw error("the end of the tag is missing")
  }

  private func nameEnd(_ start: Int) -> Int? {
    var place = start
    while place < bytes.count {
      let scalar = UTF8Scalars.scalar(bytes, at: place)
      let properties = scalar.properties
      guard scalar == "_" || (place == start ? properties.isXIDStart : properties.isXIDContinue) else {
        break
      }
      place += UTF8.width(scalar)
    }
    return place > start ? place : nil
  }

  private static let symbols = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
    "=", ".", ":", "|", ",", ";",
  ]

  private mutating func symbol(_ open: inout [UInt8]) throws(ChatTemplateError) {
    guard let symbol = Self.symbols.first(where: { isAt($0, position) }) else {
      throw error(
        "unexpected character \(String(Character(UTF8Scalars.scalar(bytes, at: position))).debugDescription)")
    }
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "("): open.append(UInt8(ascii: ")"))
    case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
    case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      guard open.popLast() == byte else { throw error("unexpected '\(symbol)'") }
    default: break
    }
    append(.symbol(symbol))
    advance(to: position + symbol.utf8.count, from: position)
  }

  /// Digits, possibly with underscores between them, from `start` on.
  private func digitsEnd(_ start: Int, _ isDigit: (UInt8) -> Bool = \.isDigit) -> Int? {
    guard start < bytes.count, isDigit(bytes[start]) else { return nil }
    var place = start + 1
    while place < bytes.count {
      if isDigit(bytes[place]) {
        place += 1
      } else if bytes[place] == UInt8(ascii: "_"), place + 1 < bytes.count, isDigit(bytes[place + 1]) {
        place += 2
      } else {
        break
      }
    }
    return place
  }

  private mutating func number() throws(ChatTemplateError) {
    let start = position
    if let end = floatEnd(start) {
      guard let value = Double(text(start..<end).filter { $0 != "_" }) else {
        throw error("a number is malformed")
      }
      append(.number(value))
      advance(to: end, from: start)
      return
    }
    let radices: [(UInt8, Int, (UInt8) -> Bool)] = [
      (UInt8(ascii: "x"), 16, \.isHexadecimalDigit), (UInt8(ascii: "o"), 8, { (48...55).contains($0) }),
      (UInt8(ascii: "b"), 2, { (48...49).contains($0) }),
    ]
    var end = start + 1
    var value: Int?
    if bytes[start] == UInt8(ascii: "0"), start + 1 < bytes.count,
      let (_, radix, isDigit) = radices.first(where: { $0.0 == bytes[start + 1] | 0x20 }),
      let last = digitsEnd(start + 2, isDigit)
    {
      value = Int(text(start + 2..<last).filter { $0 != "_" }, radix: radix)
      end = last
    } else {
      // Python has no decimals that begin with a zero; Jinja reads 007 as three numbers.
      end =
        digitsEnd(start, bytes[start] == UInt8(ascii: "0") ? { $0 == UInt8(ascii: "0") } : \.isDigit) ?? end
      value = Int(text(start..<end).filter { $0 != "_" })
    }
    guard let value else { throw error("the number \(text(start..<min(end, start + 40))) is too large") }
    append(.integer(value))
    advance(to: end, from: start)
  }

  private func floatEnd(_ start: Int) -> Int? {
    if start > 0, bytes[start - 1] == UInt8(ascii: ".") { return nil }
    guard var end = digitsEnd(start) else { return nil }
    var isFloat = false
    if end < bytes.count, bytes[end] == UInt8(ascii: "."), let fraction = digitsEnd(end + 1) {
      end = fraction
      isFloat = true
    }
    if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
      let hasSign = end + 1 < bytes.count && "+-".utf8.contains(bytes[end + 1])
      if let exponent = digitsEnd(end + (hasSign ? 2 : 1)) { return exponent }
    }
    return isFloat ? end : nil
  }

  private mutating func string() throws(ChatTemplateError) {
    let quote = bytes[position]
    var place = position + 1
    while place < bytes.count, bytes[place] != quote {
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard place < bytes.count else { throw error("a string has no end") }
    append(.string(try unescaped(position + 1..<place)))
    advance(to: place + 1, from: position)
  }

  /// Python's `unicode-escape`, which leaves escapes alone that it does not know.
  private func unescaped(_ range: Range<Int>) throws(ChatTemplateError) -> String {
    guard bytes[range].contains(UInt8(ascii: "\\")) else { return text(range) }
    var result = String.UnicodeScalarView()
    var place = range.lowerBound
    while place < range.upperBound {
      let scalar = UTF8Scalars.scalar(bytes, at: place)
      place += UTF8.width(scalar)
      guard scalar == "\\", place < range.upperBound else {
        result.append(scalar)
        continue
      }
      let mark = UTF8Scalars.scalar(bytes, at: place)
      let plain: [Unicode.Scalar: Unicode.Scalar] = [
        "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r",
        "t": "\t", "v": "\u{B}",
      ]
      let widths: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
      if let character = plain[mark] {
        result.append(character)
        place += 1
      } else if mark == "\n" {
        place += 1
      } else if let width = widths[mark] {
        let digits = place + 1..<min(place + 1 + width, range.upperBound)
        guard digits.count == width, bytes[digits].allSatisfy(\.isHexadecimalDigit),
          let code = UInt32(text(digits), radix: 16), let character = Unicode.Scalar(code)
        else { throw error("an escape in a string is malformed") }
        result.append(character)
        place = digits.upperBound
      } else if mark == "N" {
        throw error("names of characters in strings are not supported; write the character")
      } else if (48...55).contains(bytes[place]) {
        var code: UInt32 = 0
        let end = min(place + 3, range.upperBound)
        while place < end, (48...55).contains(bytes[place]) {
          code = code * 8 + UInt32(bytes[place] - 48)
          place += 1
        }
        result.append(Unicode.Scalar(code) ?? "\u{FFFD}")
      } else {
        result.append("\\")
      }
    }
    return String(result)
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (48...57).contains(self) }
  fileprivate var isHexadecimalDigit: Bool { isDigit || (97...102).contains(self | 0x20) }
}
