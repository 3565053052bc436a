/// Puts a text together and keeps where its parts come from.
struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  private var runs: [TemplateText.Run] = []
  private let budget: Budget

  init(_ budget: Budget) { self.budget = budget }

  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ text: TemplateText) throws { try append(text, 0..<text.bytes.count) }

  mutating func append(_ text: TemplateText, _ range: Range<Int>) throws {
    guard !range.isEmpty else { return }
    try reserve(range.count)
    var run = text.run(at: range.lowerBound)
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, text.runs[run].end)
      extend(by: end - start, text.runs[run].origin)
      bytes.append(contentsOf: text.bytes[start..<end])
      start = end
      run += 1
    }
  }

  /// Appends a text several times.
  mutating func append(_ text: TemplateText, times: Int) throws {
    guard text.runs.count == 1, let origin = text.runs.first?.origin, times > 0 else {
      for _ in 0..<times { try append(text) }
      return
    }
    try reserve(text.bytes.count * times)
    extend(by: text.bytes.count * times, origin)
    bytes.reserveCapacity(bytes.count + text.bytes.count * times)
    for _ in 0..<times { bytes.append(contentsOf: text.bytes) }
  }

  mutating func append(_ string: String, _ origin: TextOrigin = .template) throws {
    guard !string.isEmpty else { return }
    try reserve(string.utf8.count)
    extend(by: string.utf8.count, origin)
    bytes.append(contentsOf: string.utf8)
  }

  mutating func append(_ scalar: Unicode.Scalar, _ origin: TextOrigin) throws {
    try append(String(Character(scalar)), origin)
  }

  private func reserve(_ count: Int) throws {
    try budget.step(count / 16)
    // Arrays that grow take twice what they hold.
    try budget.require(2 * (bytes.count + count))
  }

  private mutating func extend(by count: Int, _ origin: TextOrigin) {
    let end = bytes.count + count
    if runs.last?.origin == origin {
      runs[runs.count - 1].end = end
    } else {
      runs.append(TemplateText.Run(end: end, origin: origin))
    }
  }

  func text() -> TemplateText { TemplateText(bytes: bytes, runs: runs, budget: budget) }
}
