internal import StrictJSON

/// The changes that a tokenizer.json makes to a text before it is split: those of models from SentencePiece.
struct TextNormalizer: Sendable {
  enum Step: Sendable {
    /// Put in front of a text that is not empty.
    case prepend([UInt8])
    case replace([UInt8], with: [UInt8])
  }

  var steps: [Step] = []

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
      guard let pattern = try description.object("pattern").optionalString("String"), !pattern.isEmpty else {
        throw TokenizationError.unsupported(
          file: file, component: "a normalizer that replaces a regular expression")
      }
      steps = [.replace(Array(pattern.utf8), with: Array(try description.string("content").utf8))]
    default:
      throw TokenizationError.unsupported(file: file, component: "the normalizer \"\(type)\"")
    }
  }

  func normalize(_ text: some Sequence<UInt8>) -> [UInt8] {
    var text = Array(text)
    for step in steps {
      switch step {
      case .prepend(let prefix): if !text.isEmpty { text.insert(contentsOf: prefix, at: 0) }
      case .replace(let pattern, let content): text = text.replacing(pattern, with: content)
      }
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
}
