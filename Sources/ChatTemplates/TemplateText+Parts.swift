/// Python's methods that look for parts of a text and cut it there.
extension TemplateText {
  /// Where `part` stands first, within `range` of bytes.
  func firstRange(of part: TemplateText, in range: Range<Int>) -> Range<Int>? {
    let needle = part.bytes
    guard needle.count <= range.count else { return nil }
    guard let first = needle.first else { return range.lowerBound..<range.lowerBound }
    return bytes.withUnsafeBufferPointer { hay in
      needle.withUnsafeBufferPointer { needle in
        var start = range.lowerBound
        let last = range.upperBound - needle.count
        while start <= last {
          if hay[start] == first, (1..<needle.count).allSatisfy({ hay[start + $0] == needle[$0] }) {
            return start..<start + needle.count
          }
          start += 1
        }
        return nil
      }
    }
  }

  func lastRange(of part: TemplateText, in range: Range<Int>) -> Range<Int>? {
    let needle = part.bytes
    guard needle.count <= range.count else { return nil }
    var start = range.upperBound - needle.count
    while start >= range.lowerBound {
      if bytes[start..<start + needle.count].elementsEqual(needle) { return start..<start + needle.count }
      start -= 1
    }
    return nil
  }

  func contains(_ part: TemplateText, _ budget: Budget) throws -> Bool {
    try budget.step(searchCost(part))
    return firstRange(of: part, in: 0..<bytes.count) != nil
  }

  /// Steps that looking for a part may take; long parts that nearly match are found slowly.
  func searchCost(_ part: TemplateText) -> Int {
    bytes.count / 16 + (part.bytes.count > 64 ? bytes.count / 16 * (part.bytes.count / 64) : 0)
  }

  func hasPrefix(_ part: TemplateText) -> Bool { bytes.starts(with: part.bytes) }
  func hasSuffix(_ part: TemplateText) -> Bool {
    bytes.count >= part.bytes.count && bytes.suffix(part.bytes.count).elementsEqual(part.bytes)
  }

  /// Which ends a strip works on.
  struct Ends: OptionSet {
    let rawValue: Int
    static let left = Ends(rawValue: 1)
    static let right = Ends(rawValue: 2)
    static let both: Ends = [.left, .right]
  }

  /// The bytes left after stripping; nil strips white space.
  func stripped(_ characters: TemplateText?, _ ends: Ends = .both) -> Range<Int> {
    let set = characters.map { Set($0.scalars.map(\.scalar)) }
    func strips(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
    var start = 0
    var end = bytes.count
    if ends.contains(.left) {
      while start < end, case let scalar = UTF8Scalars.scalar(bytes, at: start), strips(scalar) {
        start += UTF8.width(scalar)
      }
    }
    if ends.contains(.right) {
      while start < end, case let last = UTF8Scalars.start(bytes, before: end),
        strips(UTF8Scalars.scalar(bytes, at: last))
      {
        end = last
      }
    }
    return start..<end
  }

  func strip(_ characters: TemplateText? = nil, _ ends: Ends = .both, _ budget: Budget) throws -> TemplateText
  {
    try budget.step(bytes.count / 16)
    return try slice(stripped(characters, ends), budget)
  }

  /// `str.split`: the parts between separators, at most `most` cuts.
  func split(_ separator: TemplateText, most: Int, _ budget: Budget) throws -> [TemplateText] {
    guard !separator.isEmpty else { throw TemplateFault("empty separator") }
    try budget.step(searchCost(separator))
    var parts: [TemplateText] = []
    var start = 0
    while most < 0 || parts.count < most, let range = firstRange(of: separator, in: start..<bytes.count) {
      try budget.step()
      parts.append(try slice(start..<range.lowerBound, budget))
      start = range.upperBound
    }
    parts.append(try slice(start..<bytes.count, budget))
    return parts
  }

  /// `str.rsplit`.
  func splitFromEnd(_ separator: TemplateText, most: Int, _ budget: Budget) throws -> [TemplateText] {
    guard !separator.isEmpty else { throw TemplateFault("empty separator") }
    try budget.step(searchCost(separator))
    var parts: [TemplateText] = []
    var end = bytes.count
    while most < 0 || parts.count < most, let range = lastRange(of: separator, in: 0..<end) {
      try budget.step()
      parts.append(try slice(range.upperBound..<end, budget))
      end = range.lowerBound
    }
    parts.append(try slice(0..<end, budget))
    return parts.reversed()
  }

  /// `str.split` and `str.rsplit` without a separator: words between white space.
  func words(most: Int, fromEnd: Bool, _ budget: Budget) throws -> [TemplateText] {
    try budget.step(bytes.count / 8)
    var words: [Range<Int>] = []
    var start: Int?
    for (offset, scalar) in scalars {
      if !scalar.isPythonSpace {
        start = start ?? offset
      } else if let begun = start {
        words.append(begun..<offset)
        start = nil
      }
    }
    if let start { words.append(start..<bytes.count) }
    if most >= 0, words.count > most {
      if fromEnd {
        words = [0..<words[words.count - most - 1].upperBound] + words.suffix(most)
      } else {
        words = Array(words.prefix(most)) + [words[most].lowerBound..<bytes.count]
      }
    }
    try budget.step(words.count)
    return try words.map { try slice($0, budget) }
  }

  /// `str.splitlines`.
  func lines(keepingEnds: Bool, _ budget: Budget) throws -> [TemplateText] {
    try budget.step(bytes.count / 8)
    var lines: [TemplateText] = []
    var start = 0
    var skipsLineFeed = false
    for (offset, scalar) in scalars {
      defer { skipsLineFeed = scalar == "\r" }
      if skipsLineFeed, scalar == "\n" {
        start = offset + 1
        continue
      }
      switch scalar.value {
      case 10...13, 28...30, 0x85, 0x2028, 0x2029:
        var end = offset + UTF8.width(scalar)
        if scalar == "\r", end < bytes.count, bytes[end] == 0x0A { end += 1 }
        try budget.step()
        lines.append(try slice(start..<(keepingEnds ? end : offset), budget))
        start = offset + UTF8.width(scalar)
      default: break
      }
    }
    if start < bytes.count { lines.append(try slice(start..<bytes.count, budget)) }
    return lines
  }

  /// `str.replace`, at most `most` times; a negative number is no limit.
  func replacing(_ old: TemplateText, with new: TemplateText, most: Int, _ budget: Budget) throws
    -> TemplateText
  {
    try budget.step(searchCost(old))
    var builder = TextBuilder(budget)
    var left = most < 0 ? Int.max : most
    if old.isEmpty {
      for (offset, scalar) in scalars {
        if left > 0 {
          try builder.append(new)
          left -= 1
        }
        try builder.append(self, offset..<offset + UTF8.width(scalar))
      }
      if left > 0 { try builder.append(new) }
      return builder.text()
    }
    var start = 0
    while left > 0, let range = firstRange(of: old, in: start..<bytes.count) {
      try budget.step()
      try builder.append(self, start..<range.lowerBound)
      try builder.append(new)
      start = range.upperBound
      left -= 1
    }
    if start == 0 { return self }
    try builder.append(self, start..<bytes.count)
    return builder.text()
  }
}
