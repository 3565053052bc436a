internal import StrictJSON

extension PipelineTokenizer {
  /// Reads a vocab.json and a merges.txt, the form of byte-level tokenizers before tokenizer.json.
  ///
  /// - Parameters:
  ///   - vocabulary: The ids by piece.
  ///   - merges: The merges, one on each line; a first line that begins with `#version` does not count.
  ///   - tokenizerClass: The class that tokenizer_config.json names, which says how text is cut; GPT-2's rules if it
  ///     names none.
  /// - Throws: ``TokenizationError`` if the files are malformed or the class is not known.
  init(
    vocabulary: JSONObject, merges: [UInt8], tokenizerClass: String?, file: String,
    addedTokens: [AddedToken], names: SpecialTokenNames
  ) throws {
    switch tokenizerClass {
    case nil, "GPT2Tokenizer", "GPT2TokenizerFast":
      normalizer = TextNormalizer([])
      preTokenizer = PreTokenizer([.words(.gpt2)], isByteLevel: true)
    case "Qwen2Tokenizer", "Qwen2TokenizerFast":
      normalizer = TextNormalizer([.compose])
      preTokenizer = PreTokenizer([.words(.qwen2)], isByteLevel: true)
    case let name?:
      throw TokenizationError.unsupported(
        file: file, component: "the tokenizer class \"\(name)\" without a tokenizer.json")
    }
    postProcessor = PostProcessor()
    dropsLeadingSpace = false
    var decoder = PieceDecoder()
    decoder.spelling = .byteLevel
    var read = try ModelVocabulary(vocabulary: vocabulary, decoder: decoder, isByteLevel: true, file: file)
    let lines = String(decoding: merges, as: UTF8.self)
      .split(whereSeparator: \.isNewline).drop { $0.hasPrefix("#version") }
    try read.addMerges(
      lines.map { ModelVocabulary.parts(of: $0) },
      without: Set(addedTokens.lazy.filter(\.isSpecial).map(\.id)), place: "merges.txt", file: file)
    table = read.table
    ids = read.ids
    model = read.model
    modelCount = table.count
    try add(addedTokens, file: file)
    findSpecialTokens(names, unknown: nil)
  }
}
