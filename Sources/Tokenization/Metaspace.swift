internal import StrictJSON

/// The pre-tokeniser that writes spaces as ▁, puts one in front and may cut the text at each.
struct Metaspace: Sendable {
  enum Prefix: String {
    /// In front of every piece of text that does not begin with a space.
    case always
    /// Only in front of the one at the start of the whole text.
    case first
    case never
  }

  private var mark: [UInt8]
  private var prefix: Prefix
  private var splits: Bool

  /// Reads the Metaspace pre-tokeniser of a tokenizer.json.
  ///
  /// - Throws: ``TokenizationError`` for a prepend scheme that is not known.
  init(_ description: JSONObject, file: String) throws {
    mark = Array(try description.string("replacement").utf8)
    splits = try description.optionalBool("split") ?? true
    // Older files say true or false.
    let scheme = try description.optionalString("prepend_scheme")
    let addsPrefix = try description.optionalBool("add_prefix_space") ?? true
    guard let prefix = scheme.map(Prefix.init(rawValue:)) ?? (addsPrefix ? .always : .never) else {
      throw TokenizationError.unsupported(file: file, component: "the prepend scheme \"\(scheme ?? "")\"")
    }
    self.prefix = prefix
  }

  /// The pieces of `text`, which begins the whole text or follows an added token.
  func pieces(of text: [UInt8], startsText: Bool) -> [ArraySlice<UInt8>] {
    var text = text.replacing([UInt8(ascii: " ")], with: mark)
    if prefix == .always || prefix == .first && startsText, !text.starts(with: mark) {
      text.insert(contentsOf: mark, at: 0)
    }
    guard splits, let first = mark.first else { return [text[...]] }
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    for position in text.indices where position > start && text[position] == first {
      if text[position...].starts(with: mark) {
        pieces.append(text[start..<position])
        start = position
      }
    }
    pieces.append(text[start...])
    return pieces
  }
}
