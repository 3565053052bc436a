/// Where a part of a text comes from.
package enum TextOrigin: Sendable, Hashable {
  /// The template spells it.
  case template
  /// It is somebody's words.
  case data
  /// It stands for an answer that the model gave earlier, by its number.
  case answer(Int)
}

/// A text in UTF-8 that knows of every byte where it comes from. Characters are Unicode scalars, as in Python.
package struct TemplateText: Sendable {
  /// A stretch of bytes of one origin.
  struct Run {
    var end: Int
    var origin: TextOrigin
  }

  final class Storage: Sendable {
    let bytes: [UInt8]
    let runs: [Run]
    /// Of characters.
    let count: Int
    private let budget: Budget?
    private var size: Int { bytes.count + runs.count * MemoryLayout<Run>.stride + 64 }

    init(_ bytes: [UInt8], _ runs: [Run], _ budget: Budget?) {
      self.bytes = bytes
      self.runs = runs
      self.budget = budget
      count = bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
      budget?.hold(size)
    }

    deinit { budget?.release(size) }
  }

  private let storage: Storage
  /// Python's `Markup`, which `safe` and `escape` give: what is added to it is escaped.
  private(set) var isMarkup = false

  init(bytes: [UInt8], runs: [Run], budget: Budget?) {
    storage = Storage(bytes, runs, budget)
  }

  package init(_ string: String, _ origin: TextOrigin) {
    let bytes = Array(string.utf8)
    self.init(bytes: bytes, runs: bytes.isEmpty ? [] : [Run(end: bytes.count, origin: origin)], budget: nil)
  }

  /// A text of the template's own.
  init(_ string: String) { self.init(string, .template) }

  static let empty = TemplateText("")

  var markup: TemplateText {
    var text = self
    text.isMarkup = true
    return text
  }

  var bytes: [UInt8] { storage.bytes }
  var runs: [Run] { storage.runs }
  /// Of characters.
  var count: Int { storage.count }
  package var isEmpty: Bool { bytes.isEmpty }
  var isASCII: Bool { count == bytes.count }

  package var string: String { String(decoding: bytes, as: UTF8.self) }

  /// The text cut where its origin changes.
  package var pieces: [(text: String, origin: TextOrigin)] {
    var start = 0
    return runs.map { run in
      defer { start = run.end }
      return (String(decoding: bytes[start..<run.end], as: UTF8.self), run.origin)
    }
  }

  package func hasSameCharacters(as other: TemplateText) -> Bool {
    storage === other.storage || bytes == other.bytes
  }

  /// The index in `runs` of the run that holds a byte.
  func run(at byte: Int) -> Int {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end <= byte { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func origin(at byte: Int) -> TextOrigin {
    let index = run(at: byte)
    return index < runs.count ? runs[index].origin : .template
  }

  /// The part within some bytes, which must not cut a character.
  func slice(_ range: Range<Int>, _ budget: Budget) throws -> TemplateText {
    if range.lowerBound == 0, range.upperBound == bytes.count { return self }
    var builder = TextBuilder(budget)
    try builder.append(self, range)
    return builder.text()
  }

  /// The byte at which a character begins; the length for the one behind the last.
  func offset(ofCharacter index: Int) -> Int {
    if isASCII { return index }
    var left = index
    for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
      if left == 0 { return offset }
      left -= 1
    }
    return bytes.count
  }

  /// The characters with the bytes at which they begin.
  var scalars: some Sequence<(offset: Int, scalar: Unicode.Scalar)> {
    var next = 0
    return AnyIterator<(offset: Int, scalar: Unicode.Scalar)> {
      guard next < bytes.count else { return nil }
      let start = next
      let scalar = UTF8Scalars.scalar(bytes, at: start)
      next += UTF8.width(scalar)
      return (start, scalar)
    }
  }
}

extension TemplateText: Hashable {
  /// By characters alone, wherever they come from.
  package static func == (left: TemplateText, right: TemplateText) -> Bool {
    left.hasSameCharacters(as: right)
  }
  package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// Characters of sound UTF-8.
enum UTF8Scalars {
  static func scalar(_ bytes: [UInt8], at start: Int) -> Unicode.Scalar {
    let first = UInt32(bytes[start])
    if first < 0x80 { return Unicode.Scalar(UInt8(first)) }
    let count = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var code = first & (0xFF >> UInt32(count + 1))
    for index in 1..<count where start + index < bytes.count {
      code = code << 6 | UInt32(bytes[start + index] & 0x3F)
    }
    return Unicode.Scalar(code) ?? "\u{FFFD}"
  }

  /// The first byte of the character that ends in front of `end`.
  static func start(_ bytes: [UInt8], before end: Int) -> Int {
    var start = end - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}

extension Unicode.Scalar {
  /// What Python's `str.isspace`, `strip` and `\s` take for white space.
  var isPythonSpace: Bool {
    switch value {
    case 9...13, 28...32, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }
}

extension TemplateText {
  /// A text of parts of different origins.
  package init(joining parts: [(text: String, origin: TextOrigin)]) {
    var bytes: [UInt8] = []
    var runs: [Run] = []
    for (text, origin) in parts where !text.isEmpty {
      bytes += text.utf8
      if runs.last?.origin == origin { runs.removeLast() }
      runs.append(Run(end: bytes.count, origin: origin))
    }
    self.init(bytes: bytes, runs: runs, budget: nil)
  }

  package var byteCount: Int { bytes.count }

  /// The bytes of one origin, stretch by stretch.
  package func ranges(of origin: TextOrigin) -> [Range<Int>] {
    var start = 0
    return runs.compactMap { run in
      defer { start = run.end }
      return run.origin == origin ? start..<run.end : nil
    }
  }

  /// The part within some bytes, at whose ends characters or origins change.
  package func part(_ range: Range<Int>) -> TemplateText {
    var runs: [Run] = []
    for run in self.runs where run.end > range.lowerBound {
      runs.append(Run(end: min(run.end, range.upperBound) - range.lowerBound, origin: run.origin))
      if run.end >= range.upperBound { break }
    }
    return TemplateText(bytes: Array(bytes[range]), runs: range.isEmpty ? [] : runs, budget: nil)
  }

  package var withoutBlanksAtEnd: TemplateText { part(stripped(nil, .right)) }
}
