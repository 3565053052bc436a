/// A part of a prompt, by where it comes from.
package enum PromptPart: Sendable, Equatable {
  /// Words of a template, in which special tokens may be spelt.
  case control(String)
  /// What somebody said: whatever it spells, it becomes neither a special token nor a picture's place.
  case text(String)
  /// The place of a picture, or of one tile of it.
  case picture
  /// Ids as they are: an answer that the model itself gave.
  case tokens([Int])

  /// Nil for parts that are no text.
  var string: String? {
    switch self {
    case .control(let string), .text(let string): string
    case .picture, .tokens: nil
    }
  }

  /// The same kind of part with another string.
  func with(_ string: String) -> PromptPart {
    if case .control = self { return .control(string) }
    return .text(string)
  }

  private var isEmpty: Bool {
    if case .tokens(let ids) = self { return ids.isEmpty }
    return string?.isEmpty ?? false
  }

  /// Appends this to parts of which none is empty and neighbours of the same kind are joined.
  fileprivate func append(to parts: inout [PromptPart]) {
    if isEmpty { return }
    switch (parts.last, self) {
    case (.control(let start), .control(let end)): parts[parts.count - 1] = .control(start + end)
    case (.text(let start), .text(let end)): parts[parts.count - 1] = .text(start + end)
    case (.tokens(let start), .tokens(let end)): parts[parts.count - 1] = .tokens(start + end)
    default: parts.append(self)
    }
  }
}

/// A prompt, or a message of one, that knows which of its words are a template's and which are somebody's.
package struct PromptText: Sendable, Equatable {
  /// Stands for a picture where a prompt is one string.
  package static let pictureMark = "<image>"

  /// None is empty, and no two of the same kind follow each other but pictures.
  package private(set) var parts: [PromptPart] = []

  package init(_ parts: [PromptPart] = []) {
    for part in parts { part.append(to: &self.parts) }
  }

  /// Reads a string as the original code bases do: `<image>` stands for a picture, and special tokens may be spelt.
  package init(parsing string: String) {
    for (index, piece) in string.pieces(around: Self.pictureMark).enumerated() {
      if index > 0 { parts.append(.picture) }
      PromptPart.control(piece).append(to: &parts)
    }
  }

  package static func control(_ string: String) -> PromptText { PromptText([.control(string)]) }
  package static func text(_ string: String) -> PromptText { PromptText([.text(string)]) }
  package static func tokens(_ ids: [Int]) -> PromptText { PromptText([.tokens(ids)]) }
  package static let picture = PromptText([.picture])

  /// Pictures, each on a line of its own.
  package static func pictures(_ count: Int) -> PromptText {
    PromptText((0..<count).flatMap { _ in [.picture, .text("\n")] })
  }

  package var isEmpty: Bool { parts.isEmpty }

  package var pictureCount: Int { parts.count { $0 == .picture } }

  /// All words, with `<image>` for each picture and nothing for ids.
  package var string: String {
    parts.map { $0 == .picture ? Self.pictureMark : $0.string ?? "" }.joined()
  }

  package static func += (text: inout PromptText, more: PromptText) {
    for part in more.parts { part.append(to: &text.parts) }
  }

  package static func + (text: PromptText, more: PromptText) -> PromptText {
    var text = text
    text += more
    return text
  }

  /// The text with every part of a kind replaced.
  package func replacing(_ replacement: (PromptPart) throws -> PromptText?) rethrows -> PromptText {
    try parts.reduce(into: PromptText()) { $0 += try replacement($1) ?? PromptText([$1]) }
  }

  var withoutPictures: PromptText { PromptText(parts.filter { $0 != .picture }) }

  /// The text without the characters at its start that have a property; pictures and ids have none.
  func dropping(while property: (Unicode.Scalar) -> Bool) -> PromptText {
    var rest = parts[...]
    while let part = rest.first, let string = part.string {
      let kept = String(string.unicodeScalars.drop(while: property))
      rest.removeFirst()
      if !kept.isEmpty { return PromptText([part.with(kept)] + rest) }
    }
    return PromptText(Array(rest))
  }

  /// The text without white space at both ends.
  func trimmed() -> PromptText {
    var parts = dropping { $0.properties.isWhitespace }.parts
    while let part = parts.popLast() {
      let kept = part.string?.trimmedAtEnd()
      if kept?.isEmpty == true { continue }
      return PromptText(parts + [kept.map(part.with) ?? part])
    }
    return PromptText()
  }
}
