extension WordPattern {
  /// The pieces of `text`, which is UTF-8. Takes linear time.
  func pieces(of text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    let scan = WordScan(text)
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < scan.count {
      let end = end(of: scan, from: start)
      pieces.append(text[scan.offsets[start]..<scan.offsets[end]])
      start = end
    }
    return pieces
  }

  /// Where the piece that begins at `start` ends: the expression's alternatives, one after the other.
  private func end(of scan: WordScan, from start: Int) -> Int {
    if let end = contraction(scan, start) { return end }
    if let end = letters(scan, start) { return end }
    if let end = numbers(scan, start) { return end }
    if let end = signs(scan, start) { return end }
    let end = scan.endOfSpace(from: start)
    if keepsLineBreaks, let lineBreak = (start..<end).last(where: { scan.kinds[$0] == .lineBreak }) {
      return lineBreak + 1
    }
    // `\s+(?!\S)` leaves the last white space to the word behind it.
    return end < scan.count && end - start > 1 ? end - 1 : end
  }

  /// `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`.
  private func contraction(_ scan: WordScan, _ start: Int) -> Int? {
    guard scan.values[start] == 0x27, start + 1 < scan.count else { return nil }
    switch letter(scan, start + 1) {
    case "s", "t", "m", "d": return start + 2
    case "r", "v": return letter(scan, start + 2) == "e" ? start + 3 : nil
    case "l": return letter(scan, start + 2) == "l" ? start + 3 : nil
    default: return nil
    }
  }

  /// The character in lower case, if the pattern asks for that; long s (U+017F) is an s then.
  private func letter(_ scan: WordScan, _ place: Int) -> Unicode.Scalar? {
    guard place < scan.count else { return nil }
    let value = scan.values[place]
    if foldsCase, value == 0x17F { return "s" }
    return Unicode.Scalar(foldsCase && (0x41...0x5A).contains(value) ? value + 0x20 : value)
  }

  private func letters(_ scan: WordScan, _ start: Int) -> Int? {
    if let end = scan.end(of: .letter, from: start) { return end }
    switch opening {
    case .space: return scan.isSpaceCharacter(start) ? scan.end(of: .letter, from: start + 1) : nil
    case .anyMark:
      guard scan.kinds[start] == .sign || scan.kinds[start] == .space else { return nil }
      return scan.end(of: .letter, from: start + 1)
    }
  }

  private func numbers(_ scan: WordScan, _ start: Int) -> Int? {
    if let longestNumber { return scan.end(of: .number, from: start, limit: longestNumber) }
    return scan.end(of: .number, from: scan.isSpaceCharacter(start) ? start + 1 : start)
  }

  private func signs(_ scan: WordScan, _ start: Int) -> Int? {
    guard let end = scan.end(of: .sign, from: scan.isSpaceCharacter(start) ? start + 1 : start) else {
      return nil
    }
    return keepsLineBreaks ? scan.end(of: .lineBreak, from: end) ?? end : end
  }
}

/// The characters of a text with what word patterns want to know of them.
struct WordScan {
  enum Kind: UInt8 {
    case letter, number, space, lineBreak, sign

    init(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x0A, 0x0D: self = .lineBreak
      case 0x61...0x7A, 0x41...0x5A: self = .letter
      case 0x30...0x39: self = .number
      case 0x09, 0x0B, 0x0C, 0x20: self = .space
      case ..<0x80: self = .sign
      default:
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
          self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        default: self = scalar.properties.isWhitespace ? .space : .sign
        }
      }
    }
  }

  private(set) var kinds: [Kind] = []
  private(set) var values: [UInt32] = []
  /// Where each character begins in the text, and the text's end.
  private(set) var offsets: [Int] = []

  init(_ text: ArraySlice<UInt8>) {
    kinds.reserveCapacity(text.count)
    values.reserveCapacity(text.count)
    offsets.reserveCapacity(text.count + 1)
    var offset = text.startIndex
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      kinds.append(Kind(scalar))
      values.append(scalar.value)
      offsets.append(offset)
      offset += UTF8.width(scalar)
    }
    offsets.append(offset)
  }

  var count: Int { kinds.count }

  func isSpaceCharacter(_ place: Int) -> Bool { values[place] == 0x20 }

  /// The end of the run of one kind at `start`, of at most `limit` characters; nil if there is none.
  func end(of kind: Kind, from start: Int, limit: Int = .max) -> Int? {
    var end = start
    while end < count, end - start < limit, kinds[end] == kind { end += 1 }
    return end > start ? end : nil
  }

  func endOfSpace(from start: Int) -> Int {
    var end = start
    while end < count, kinds[end] == .space || kinds[end] == .lineBreak { end += 1 }
    return end
  }
}
