package import StrictJSON

extension BPETokenizer {
  /// Reads the content of a tokenizer.json.
  ///
  /// - Parameters:
  ///   - description: The file's object.
  ///   - file: Name of the file, for errors.
  ///   - addedTokens: Tokens beside those that the file lists.
  ///   - names: How the special tokens are spelt; what it leaves out is looked for as `<s>`, `</s>` and `<unk>`.
  /// - Throws: `JSONError` or ``TokenizationError`` if the file is malformed or needs what is not supported.
  package init(
    _ description: JSONObject, file: String, addedTokens: [AddedToken] = [],
    names: SpecialTokenNames = SpecialTokenNames()
  ) throws {
    let model = try description.object("model")
    let type = try model.optionalString("type") ?? "BPE"
    guard type == "BPE" else {
      throw TokenizationError.unsupported(file: file, component: "the model \"\(type)\"")
    }
    for option in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard try model.optionalString(option) ?? "" == "" else {
        throw TokenizationError.unsupported(file: file, component: "the model option \"\(option)\"")
      }
    }
    guard try model.optionalDouble("dropout") ?? 0 == 0 else {
      throw TokenizationError.unsupported(file: file, component: "the model option \"dropout\"")
    }
    normalizer = try TextNormalizer(description.optionalObject("normalizer"), file: file)
    metaspace = try Metaspace(description.optionalObject("pre_tokenizer"), file: file)
    let decoder = try PieceDecoder(description.optionalObject("decoder"), file: file)
    dropsLeadingSpace = decoder.dropsLeadingSpace
    prefersWholePieces = try model.optionalBool("ignore_merges") ?? false

    let listed = try description.optionalObjects("added_tokens") ?? []
    var tokens = try listed.map { try AddedToken($0, id: $0.int("id"), file: file) }
    let known = Set(tokens.map(\.id))
    tokens += addedTokens.filter { !known.contains($0.id) }
    rawSplitter = AddedTokenSplitter(tokens.filter { !$0.isNormalized })
    normalizedSplitter = AddedTokenSplitter([])
    for token in tokens where token.isNormalized {
      normalizedSplitter.insert(token, content: normalizer.normalize(token.content.utf8))
    }

    try readVocabulary(model, decodesBytes: decoder.decodesBytes, file: file)
    try readMerges(model, file: file)
    try table.add(tokens, file: file)
    ids = table.idsByPiece
    bosID = id(for: names.bos ?? "<s>")
    eosID = id(for: names.eos ?? "</s>")
    padID = names.pad.flatMap { id(for: $0) }
    unkID = try id(for: model.optionalString("unk_token") ?? names.unk ?? "<unk>")
    merger.unknown = unkID.flatMap { Int32(exactly: $0) }
    merger.fusesUnknown = try model.optionalBool("fuse_unk") ?? false
    try readPostProcessor(description.optionalObject("post_processor"), file: file)
  }

  private mutating func readVocabulary(_ model: JSONObject, decodesBytes: Bool, file: String) throws {
    let vocabulary = try model.object("vocab")
    var count = 0
    for (piece, value) in vocabulary {
      guard let id = value.int, (0..<PieceTable.largestCount).contains(id) else {
        throw TokenizationError.malformed(
          file: file, place: "model.vocab", reason: "gives \"\(piece)\" an id that is not a small integer")
      }
      count = max(count, id + 1)
    }
    for _ in 0..<count { table.append("") }
    for (piece, value) in vocabulary {
      guard let id = value.int else { continue }
      let byte = decodesBytes ? byteValue(of: piece) : nil
      table.set(id, piece, kind: byte.map { .byte($0) } ?? .text)
      let scalars = piece.unicodeScalars
      if let scalar = scalars.first, scalars.count == 1 {
        merger.characters[scalar.value] = Int32(truncatingIfNeeded: id)
      }
    }
    ids = table.idsByPiece
    if try model.optionalBool("byte_fallback") ?? false {
      let bytes = (0..<256).compactMap { byte in
        ids[ByteString("<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">")]
      }
      if bytes.count == 256 { merger.bytes = bytes.map { Int32(truncatingIfNeeded: $0) } }
    }
  }

  /// Reads the merges, each written as `"a b"` or as `["a", "b"]`.
  private mutating func readMerges(_ model: JSONObject, file: String) throws {
    for (rank, value) in try model.array("merges").enumerated() {
      let parts: [ByteString]
      if let text = value.string {
        parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
          ByteString($0)
        }
      } else {
        parts = (value.array ?? []).compactMap(\.string).map { ByteString($0) }
      }
      guard parts.count == 2, let left = ids[parts[0]], let right = ids[parts[1]],
        let result = ids[ByteString(parts[0].bytes + parts[1].bytes)]
      else {
        throw TokenizationError.malformed(
          file: file, place: "model.merges[\(rank)]",
          reason: "does not join two tokens of the vocabulary to a third")
      }
      let key = BytePairMerger.key(Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right))
      merger.merges[key] = BytePairMerger.Merge(
        rank: UInt32(truncatingIfNeeded: rank), result: Int32(truncatingIfNeeded: result))
    }
  }

  /// Reads which ids stand around a text.
  private mutating func readPostProcessor(_ description: JSONObject?, file: String) throws {
    guard let description else { return }
    let type = try description.string("type")
    guard type == "TemplateProcessing" else {
      throw TokenizationError.unsupported(file: file, component: "the post-processor \"\(type)\"")
    }
    let special = try description.object("special_tokens")
    var isBehind = false
    for part in try description.objects("single") {
      if let token = try part.optionalObject("SpecialToken") {
        let ids = try special.object(token.string("id")).ints("ids")
        if isBehind { backIDs += ids } else { frontIDs += ids }
      } else {
        isBehind = true
      }
    }
  }
}
