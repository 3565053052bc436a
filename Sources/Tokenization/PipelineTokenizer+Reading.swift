package import StrictJSON

extension PipelineTokenizer {
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
    normalizer = try TextNormalizer(description.optionalObject("normalizer"), file: file)
    preTokenizer = try PreTokenizer(description.optionalObject("pre_tokenizer"), file: file)
    postProcessor = try PostProcessor(description.optionalObject("post_processor"), file: file)
    let decoder = try PieceDecoder(description.optionalObject("decoder"), file: file)
    dropsLeadingSpace = decoder.dropsLeadingSpace
    prefersWholePieces = try model.optionalBool("ignore_merges") ?? false

    let listed = try (description.optionalObjects("added_tokens") ?? []).map {
      try AddedToken($0, id: $0.int("id"))
    }
    let known = Set(listed.map(\.id))
    let tokens = listed + addedTokens.filter { !known.contains($0.id) }
    // Literal text that spells a special token is made of other pieces.
    let special = Set(tokens.lazy.filter(\.isSpecial).map(\.id))
    let vocabulary: ModelVocabulary
    // Files of old libraries do not say what they are; a list of pieces with scores is a unigram model's.
    let type = try model.optionalString("type") ?? (model["vocab"]?.array == nil ? "BPE" : "Unigram")
    switch type {
    case "BPE":
      vocabulary = try ModelVocabulary(
        pairs: model, decoder: decoder, isByteLevel: preTokenizer.isByteLevel, without: special, file: file)
    case "Unigram":
      vocabulary = try ModelVocabulary(unigram: model, decoder: decoder, file: file)
    default:
      throw TokenizationError.unsupported(file: file, component: "the model \"\(type)\"")
    }
    table = vocabulary.table
    ids = vocabulary.ids
    self.model = vocabulary.model
    modelCount = vocabulary.table.count

    try add(tokens, file: file)
    findSpecialTokens(names, unknown: vocabulary.unknown)
    if case .unigram(var segmenter) = self.model {
      let known = [bosID, eosID, padID, unkID].compactMap { $0 }
      segmenter.special = special.union(known + postProcessor.front + postProcessor.back)
      self.model = .unigram(segmenter)
    }
  }

  /// Makes `tokens` known, behind the vocabulary or over its own where the ids are the same.
  mutating func add(_ tokens: [AddedToken], file: String) throws {
    rawSplitter = AddedTokenSplitter(tokens.filter { !$0.isNormalized })
    for token in tokens where token.isNormalized {
      normalizedSplitter.insert(token, content: normalizer.normalize(token.content.utf8))
    }
    // Tokens mostly follow the vocabulary; only where one takes the place of a piece, all are looked at again.
    let replaces = tokens.contains { token in
      table.piece(for: token.id).map { !$0.utf8.elementsEqual(token.content.utf8) } ?? false
    }
    try table.add(tokens, file: file)
    if replaces {
      ids = table.idsByPiece
    } else {
      for token in tokens {
        let name = ByteString(token.content)
        ids[name] = min(ids[name] ?? token.id, token.id)
      }
    }
  }

  mutating func findSpecialTokens(_ names: SpecialTokenNames, unknown: Int?) {
    bosID = id(for: names.bos, else: "<s>") ?? postProcessor.front.first
    eosID = id(for: names.eos, else: "</s>") ?? postProcessor.back.last
    padID = names.pad.flatMap { id(for: $0) }
    unkID = unknown ?? id(for: names.unk, else: "<unk>")
  }

  /// The id of a token by its name, or by the usual one if that is no ordinary text of a byte-level vocabulary.
  private func id(for name: String?, else usual: String) -> Int? {
    if let name { return id(for: name) }
    return id(for: usual).flatMap { preTokenizer.isByteLevel && !isSpecial($0) ? nil : $0 }
  }
}
