/// Normalisation form C: characters decomposed, marks put in order and composed again (Unicode Standard Annex 15).
///
/// Foundation's own takes time in proportion to the square of a run of marks, which a text from outside may choose.
struct CanonicalComposition: Sendable {
  private var decompositions: [UInt32: [UInt32]] = [:]
  private var compositions: [UInt64: UInt32] = [:]

  static let shared = CanonicalComposition()

  private init() {
    var scalar: UInt32 = 0
    for word in CanonicalMappings.text.utf8.split(separator: UInt8(ascii: " ")) {
      guard let sign = word.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ">") }),
        let distance = Self.number(word[..<sign])
      else { continue }
      scalar &+= distance
      let parts = word[word.index(after: sign)...].split(separator: UInt8(ascii: "+"))
        .compactMap(Self.number)
      decompositions[scalar] = parts
      if word[sign] == UInt8(ascii: "="), parts.count == 2 {
        compositions[Self.key(parts[0], parts[1])] = scalar
      }
    }
  }

  private static func number(_ digits: Substring.UTF8View) -> UInt32? {
    UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 32 | UInt64(second)
  }

  /// The bytes of `text`, which is UTF-8, in form C. Takes O(n log n).
  func normalize(_ text: [UInt8]) -> [UInt8] {
    // Every character below U+0300 but its compositions is a starter in form C already.
    if text.allSatisfy({ $0 < 0xCC }) { return text }
    var scalars: [(value: UInt32, order: UInt8)] = []
    scalars.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      appendDecomposed(scalar.value, to: &scalars)
    }
    Self.orderMarks(&scalars)
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for value in composed(scalars) {
      if let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) {
        result.append(contentsOf: bytes)
      }
    }
    return result
  }

  private func appendDecomposed(_ value: UInt32, to scalars: inout [(value: UInt32, order: UInt8)]) {
    if value < 0xC0 {
      scalars.append((value, 0))
    } else if let parts = Hangul.decomposed(value) {
      for part in parts { scalars.append((part, 0)) }
    } else if let parts = decompositions[value] {
      for part in parts { appendDecomposed(part, to: &scalars) }
    } else {
      let order = Unicode.Scalar(value)?.properties.canonicalCombiningClass.rawValue ?? 0
      scalars.append((value, order))
    }
  }

  /// Sorts every run of marks by their class, those of one class staying as they are.
  private static func orderMarks(_ scalars: inout [(value: UInt32, order: UInt8)]) {
    var start = 0
    while start < scalars.count {
      guard scalars[start].order != 0 else {
        start += 1
        continue
      }
      let end = scalars[start...].firstIndex { $0.order == 0 } ?? scalars.count
      if (start + 1..<end).contains(where: { scalars[$0 - 1].order > scalars[$0].order }) {
        // Copied out and back: a slice that lives on would make every write copy the whole text.
        let sorted = Array(scalars[start..<end]).enumerated()
          .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
        for (place, mark) in zip(start..<end, sorted) { scalars[place] = mark.element }
      }
      start = end
    }
  }

  private func composed(_ scalars: [(value: UInt32, order: UInt8)]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(scalars.count)
    var starter: Int?
    var lastOrder: UInt8 = 0
    for (value, order) in scalars {
      // A mark reaches its starter unless one of the same or a higher class stands between them.
      if let starter, lastOrder == 0 || lastOrder < order, let whole = composition(result[starter], value) {
        result[starter] = whole
        continue
      }
      if order == 0 { starter = result.count }
      lastOrder = order
      result.append(value)
    }
    return result
  }

  private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if second < 0x300 { return nil }
    return Hangul.composed(first, second) ?? compositions[Self.key(first, second)]
  }
}

/// Korean syllables, which are composed by arithmetic (The Unicode Standard, section 3.12).
private enum Hangul {
  private static let syllables: UInt32 = 0xAC00
  private static let leads: UInt32 = 0x1100
  private static let vowels: UInt32 = 0x1161
  private static let trails: UInt32 = 0x11A7
  private static let leadCount: UInt32 = 19
  private static let vowelCount: UInt32 = 21
  private static let trailCount: UInt32 = 28

  static func decomposed(_ value: UInt32) -> [UInt32]? {
    let index = value &- syllables
    guard index < leadCount * vowelCount * trailCount else { return nil }
    let lead = leads + index / (vowelCount * trailCount)
    let vowel = vowels + index / trailCount % vowelCount
    let trail = index % trailCount
    return trail == 0 ? [lead, vowel] : [lead, vowel, trails + trail]
  }

  static func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
    let lead = first &- leads
    let vowel = second &- vowels
    if lead < leadCount, vowel < vowelCount {
      return syllables + (lead * vowelCount + vowel) * trailCount
    }
    let syllable = first &- syllables
    let trail = second &- trails
    if syllable < leadCount * vowelCount * trailCount, syllable % trailCount == 0, trail > 0,
      trail < trailCount
    {
      return first + trail
    }
    return nil
  }
}
