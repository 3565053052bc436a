/// Text as a list of Unicode scalars, with string operations as Python defines them.
///
/// The official scripts are Python: they never join scalars to grapheme clusters and never treat canonically
/// equivalent texts as equal, as Swift's String does.
struct ScalarText: Hashable, Sendable, ExpressibleByStringLiteral {
  var scalars: [Unicode.Scalar]

  init(_ text: some StringProtocol) { scalars = Array(text.unicodeScalars) }
  init(_ scalars: some Sequence<Unicode.Scalar>) { self.scalars = Array(scalars) }
  init(stringLiteral value: String) { self.init(value) }

  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  /// `str.lower()`, scalar by scalar.
  var lowercased: ScalarText {
    ScalarText(
      scalars.flatMap { scalar -> [Unicode.Scalar] in
        scalar.isASCII
          ? [scalar.value >= 65 && scalar.value <= 90 ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar]
          : Array(scalar.properties.lowercaseMapping.unicodeScalars)
      })
  }

  /// `str.strip()`, or `str.strip(characters)`.
  func stripped(_ isStripped: (Unicode.Scalar) -> Bool = isSpace) -> ScalarText {
    guard let first = scalars.firstIndex(where: { !isStripped($0) }),
      let last = scalars.lastIndex(where: { !isStripped($0) })
    else { return "" }
    return ScalarText(scalars[first...last])
  }

  /// `str.split()`: the words between runs of white space.
  var words: [ScalarText] {
    scalars.split(whereSeparator: Self.isSpace).map { ScalarText($0) }
  }

  /// `str.split(separator)`; empty parts count.
  func split(_ separator: Unicode.Scalar) -> [ScalarText] {
    scalars.split(separator: separator, omittingEmptySubsequences: false).map { ScalarText($0) }
  }

  func hasPrefix(_ prefix: ScalarText) -> Bool { scalars.starts(with: prefix.scalars) }

  /// Whether `other` stands at `position`.
  func matches(_ other: ScalarText, at position: Int) -> Bool {
    position >= 0 && position + other.count <= count
      && scalars[position..<position + other.count].elementsEqual(other.scalars)
  }

  /// `str.find`: where `other` first begins at or after `start`.
  func firstIndex(of other: ScalarText, from start: Int = 0) -> Int? {
    guard start <= count - other.count else { return nil }
    return (start...(count - other.count)).first { matches(other, at: $0) }
  }

  /// `str.rfind`: where `other` begins last.
  func lastIndex(of other: ScalarText) -> Int? {
    guard other.count <= count else { return nil }
    return (0...(count - other.count)).last { matches(other, at: $0) }
  }

  func contains(_ other: ScalarText) -> Bool { firstIndex(of: other) != nil }

  /// `str.replace`, for a text that is not empty.
  func replacing(_ old: ScalarText, with new: ScalarText) -> ScalarText {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      if matches(old, at: position) {
        result += new.scalars
        position += old.count
      } else {
        result.append(scalars[position])
        position += 1
      }
    }
    return ScalarText(result)
  }

  static func joined(_ words: [ScalarText]) -> ScalarText {
    ScalarText(words.map(\.scalars).joined(separator: [" "]))
  }

  static func + (left: ScalarText, right: ScalarText) -> ScalarText {
    ScalarText(left.scalars + right.scalars)
  }

  /// Python's white space, which includes the separators 0x1C to 0x1F.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// `\d`: the decimal digits of all scripts.
  static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII ? (48...57).contains(scalar.value) : scalar.properties.generalCategory == .decimalNumber
  }
}
