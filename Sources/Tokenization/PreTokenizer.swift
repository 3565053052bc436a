internal import StrictJSON

/// How a tokenizer.json cuts normalised text into the pieces that are tokenised each on its own.
struct PreTokenizer: Sendable {
  enum Step: Sendable {
    case metaspace(Metaspace)
    case words(WordPattern)
    /// Numbers apart from the rest, one digit at a time or in runs.
    case digits(individually: Bool)
    /// A space in front of every piece that begins with none.
    case leadingSpace
  }

  var steps: [Step] = []
  /// The vocabulary spells bytes, not characters.
  var isByteLevel = false

  init(_ steps: [Step], isByteLevel: Bool) {
    self.steps = steps
    self.isByteLevel = isByteLevel
  }

  /// Reads the `pre_tokenizer` of a tokenizer.json.
  ///
  /// - Throws: ``TokenizationError`` for a kind or a regular expression that is not known.
  init(_ description: JSONObject?, file: String) throws {
    guard let description else { return }
    let type = try description.string("type")
    switch type {
    case "Sequence":
      for part in try description.objects("pretokenizers") {
        let next = try PreTokenizer(part, file: file)
        steps += next.steps
        isByteLevel = isByteLevel || next.isByteLevel
      }
    case "Metaspace":
      steps = [.metaspace(try Metaspace(description, file: file))]
    case "ByteLevel":
      isByteLevel = true
      if try description.optionalBool("add_prefix_space") ?? true { steps.append(.leadingSpace) }
      if try description.optionalBool("use_regex") ?? true { steps.append(.words(.gpt2)) }
    case "Digits":
      steps = [.digits(individually: try description.optionalBool("individual_digits") ?? false)]
    case "Split":
      steps = [.words(try Self.words(description, file: file))]
    default:
      throw TokenizationError.unsupported(file: file, component: "the pre-tokenizer \"\(type)\"")
    }
  }

  private static func words(_ description: JSONObject, file: String) throws -> WordPattern {
    let pattern = try description.object("pattern")
    let behavior = try description.string("behavior")
    let spelling = pattern["Regex"]?.string ?? pattern["String"]?.string ?? ""
    guard let regex = pattern["Regex"]?.string, let words = WordPattern(regex: regex) else {
      throw TokenizationError.unsupported(file: file, component: "the pre-tokenizer pattern \"\(spelling)\"")
    }
    // The known patterns leave nothing between their matches, so these two come to the same.
    guard ["Isolated", "Removed"].contains(behavior), behavior == "Isolated" || description["invert"] == true
    else {
      throw TokenizationError.unsupported(
        file: file, component: "the pre-tokenizer \"Split\" with the behavior \"\(behavior)\"")
    }
    return words
  }

  /// The pieces of `text`, which begins the whole text or follows an added token.
  func pieces(of text: [UInt8], startsText: Bool) -> [ArraySlice<UInt8>] {
    if text.isEmpty { return [] }
    var pieces = [text[...]]
    for step in steps {
      switch step {
      case .metaspace(let metaspace):
        var isFirst = startsText
        pieces = pieces.flatMap { piece in
          defer { isFirst = false }
          return metaspace.pieces(of: Array(piece), startsText: isFirst)
        }
      case .words(let pattern): pieces = pieces.flatMap { pattern.pieces(of: $0) }
      case .digits(let individually): pieces = pieces.flatMap { Self.digits($0, individually: individually) }
      case .leadingSpace:
        pieces = pieces.map { $0.first == UInt8(ascii: " ") ? $0 : [UInt8(ascii: " ")] + $0 }
      }
    }
    return pieces
  }

  private static func digits(_ text: ArraySlice<UInt8>, individually: Bool) -> [ArraySlice<UInt8>] {
    let scan = WordScan(text)
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < scan.count {
      var end = start + 1
      let isNumber = scan.kinds[start] == .number
      if !(isNumber && individually) {
        while end < scan.count, (scan.kinds[end] == .number) == isNumber { end += 1 }
      }
      pieces.append(text[scan.offsets[start]..<scan.offsets[end]])
      start = end
    }
    return pieces
  }
}
