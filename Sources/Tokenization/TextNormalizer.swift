internal import StrictJSON

/// The changes that a tokenizer.json makes to a text before it is split.
struct TextNormalizer: Sendable {
  enum Step: Sendable {
    /// Put in front of a text that is not empty.
    case prepend([UInt8])
    case replace([UInt8], with: [UInt8])
    /// Every run of two spaces or more.
    case replaceSpaces(with: [UInt8])
    case stripSpace(left: Bool, right: Bool)
    /// Normalisation form C.
    case compose
    case mapCharacters(CharacterMap)
  }

  var steps: [Step] = []

  init(_ steps: [Step]) { self.steps = steps }

  /// Reads the `normalizer` of a tokenizer.json.
  ///
  /// - Throws: ``TokenizationError`` for a kind of normaliser that is not one of those.
  init(_ description: JSONObject?, file: String) throws {
    guard let description else { return }
    let type = try description.string("type")
    switch type {
    case "Sequence":
      steps = try description.objects("normalizers").flatMap { try TextNormalizer($0, file: file).steps }
    case "Prepend":
      steps = [.prepend(Array(try description.string("prepend").utf8))]
    case "Replace":
      steps = [try Self.replacement(description, file: file)]
    case "Strip":
      steps = [
        .stripSpace(
          left: try description.optionalBool("strip_left") ?? true,
          right: try description.optionalBool("strip_right") ?? true)
      ]
    case "NFC":
      steps = [.compose]
    case "Precompiled":
      steps = [
        .mapCharacters(try CharacterMap(base64: description.string("precompiled_charsmap"), file: file))
      ]
    default:
      throw TokenizationError.unsupported(file: file, component: "the normalizer \"\(type)\"")
    }
  }

  private static func replacement(_ description: JSONObject, file: String) throws -> Step {
    let pattern = try description.object("pattern")
    let content = Array(try description.string("content").utf8)
    if let text = try pattern.optionalString("String"), !text.isEmpty {
      return .replace(Array(text.utf8), with: content)
    }
    guard let regex = try pattern.optionalString("Regex"), regex == " {2,}" else {
      throw TokenizationError.unsupported(
        file: file,
        component: "a normalizer that replaces the regular expression \(pattern["Regex"]?.string ?? "")")
    }
    return .replaceSpaces(with: content)
  }

  /// - Parameters:
  ///   - startsText: The text begins here, and may get something in front.
  ///   - endsText: The text ends here.
  func normalize(_ text: some Sequence<UInt8>, startsText: Bool = true, endsText: Bool = true) -> [UInt8] {
    var text = Array(text)
    for step in steps {
      switch step {
      case .prepend(let prefix): if startsText, !text.isEmpty { text.insert(contentsOf: prefix, at: 0) }
      case .replace(let pattern, let content): text = text.replacing(pattern, with: content)
      case .replaceSpaces(let content): text = text.replacingRunsOfSpaces(with: content)
      case .stripSpace(let left, let right):
        text = text.stripped(left: left && startsText, right: right && endsText)
      case .compose: text = CanonicalComposition.shared.normalize(text)
      case .mapCharacters(let map): text = map.apply(to: text)
      }
    }
    return text
  }

  /// Normalises parts of one text each by itself, so that it stays known which bytes are literal.
  func normalize(_ runs: [(bytes: ArraySlice<UInt8>, isLiteral: Bool)]) -> JoinedText {
    var text = JoinedText()
    for (index, run) in runs.enumerated() {
      let bytes = normalize(run.bytes, startsText: index == 0, endsText: index == runs.count - 1)
      text.append(bytes, isLiteral: run.isLiteral)
    }
    return text
  }
}

extension Array where Element == UInt8 {
  /// Every occurrence of `pattern`, left to right, replaced by `content`. The pattern is not empty.
  func replacing(_ pattern: [UInt8], with content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      if self[position] == pattern[0], self[position...].starts(with: pattern) {
        result += content
        position += pattern.count
      } else {
        result.append(self[position])
        position += 1
      }
    }
    return result
  }

  fileprivate func replacingRunsOfSpaces(with content: [UInt8]) -> [UInt8] {
    let space = UInt8(ascii: " ")
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    while position < count {
      let start = position
      while position < count, self[position] == space { position += 1 }
      if position - start > 1 {
        result += content
      } else if position - start == 1 {
        result.append(space)
      } else {
        result.append(self[position])
        position += 1
      }
    }
    return result
  }

  /// The UTF-8 text without white space at its ends.
  fileprivate func stripped(left: Bool, right: Bool) -> [UInt8] {
    var scalars = Substring(String(decoding: self, as: UTF8.self)).unicodeScalars
    if left { scalars = scalars.drop { $0.properties.isWhitespace } }
    while right, let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return Substring(scalars).utf8.map(\.self)
  }
}
