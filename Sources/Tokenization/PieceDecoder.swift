internal import StrictJSON

/// What the `decoder` of a tokenizer.json does, of which known models leave little open.
struct PieceDecoder {
  /// How tokens spell bytes.
  var spelling = PieceTable.Spelling.spaceMark
  /// Tokens of the form `<0xNN>` stand for bytes.
  var decodesBytes = false
  /// One space goes from the start of the text.
  var dropsLeadingSpace = false

  init() {}

  /// - Throws: ``TokenizationError`` for a kind of decoder that known models do not have.
  init(_ description: JSONObject?, file: String) throws {
    guard let description else {
      throw TokenizationError.unsupported(file: file, component: "a vocabulary without a decoder")
    }
    let type = try description.string("type")
    switch type {
    case "Sequence":
      for part in try description.objects("decoders") {
        let decoder = try PieceDecoder(part, file: file)
        decodesBytes = decodesBytes || decoder.decodesBytes
        dropsLeadingSpace = dropsLeadingSpace || decoder.dropsLeadingSpace
        if decoder.spelling == .byteLevel { spelling = .byteLevel }
      }
    case "ByteFallback":
      decodesBytes = true
    case "Fuse":
      break
    case "Replace":
      guard try description.object("pattern").optionalString("String") == "\u{2581}",
        try description.string("content") == " "
      else {
        throw TokenizationError.unsupported(
          file: file, component: "a decoder that replaces other than ▁ by a space")
      }
    case "Strip":
      let start = try description.int("start")
      guard try description.string("content") == " ", try description.int("stop") == 0,
        (0...1).contains(start)
      else {
        throw TokenizationError.unsupported(
          file: file, component: "a decoder that strips more than one leading space")
      }
      dropsLeadingSpace = start == 1
    case "ByteLevel":
      spelling = .byteLevel
    case "Metaspace":
      dropsLeadingSpace = try description.optionalString("prepend_scheme") != "never"
    default:
      throw TokenizationError.unsupported(file: file, component: "the decoder \"\(type)\"")
    }
  }
}
