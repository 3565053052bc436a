/// A tokenizer that reads a tokenizer.json: normaliser, pre-tokeniser, byte-pair or unigram model, post-processor.
///
/// SentencePiece models are read in both of their forms, spaces written as ▁ by a normaliser, which gives every piece of
/// text between added tokens its own leading ▁, and by the Metaspace pre-tokeniser of newer files; byte-level models in
/// those of GPT-2, Qwen 2 and Llama 3.
package struct PipelineTokenizer: TextTokenizer {
  var table = PieceTable()
  var ids: [ByteString: Int] = [:]
  /// Ids of the model itself; added tokens may follow.
  var modelCount = 0
  var model: SubwordModel
  var normalizer: TextNormalizer
  var preTokenizer: PreTokenizer
  var postProcessor: PostProcessor
  /// Finds the added tokens in the raw text.
  var rawSplitter = AddedTokenSplitter([])
  /// Finds the added tokens in the normalised text.
  var normalizedSplitter = AddedTokenSplitter([])
  /// A piece of text that is a token by itself needs no merges.
  var prefersWholePieces = false

  package internal(set) var dropsLeadingSpace: Bool
  package internal(set) var bosID: Int?
  package internal(set) var eosID: Int?
  package internal(set) var padID: Int?
  package internal(set) var unkID: Int?

  package func encode(_ pieces: [TextPiece], addBOS: Bool) -> [Int] {
    var ids = addBOS ? postProcessor.front : []
    let text = JoinedText(pieces)
    let segments = text.bytes.withUnsafeBufferPointer {
      rawSplitter.segments(of: $0, literals: text.literals)
    }
    for segment in segments {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range): encodeRaw(text, range, into: &ids)
      }
    }
    if addBOS { ids += postProcessor.back }
    return ids
  }

  package func reserving(_ ids: Set<Int>) -> PipelineTokenizer {
    var tokenizer = self
    tokenizer.rawSplitter.reserved.formUnion(ids)
    tokenizer.normalizedSplitter.reserved.formUnion(ids)
    return tokenizer
  }

  private func encodeRaw(_ text: JoinedText, _ range: Range<Int>, into ids: inout [Int]) {
    var normalized = normalizer.normalize(text.bytes[range])
    let (startsText, isLiteral) = (range.lowerBound == 0, !text.literals.isEmpty)
    if normalizedSplitter.isEmpty {
      encodeNormalized(normalized, startsText: startsText, isLiteral: isLiteral, into: &ids)
      return
    }
    var segments = normalized.withUnsafeBufferPointer { normalizedSplitter.segments(of: $0) }
    if isLiteral, segments.count > 1 || segments.first != .text(normalized.indices) {
      // Only with each piece normalised by itself is it known what of the whole is literal.
      let joined = normalizer.normalize(text.runs(in: range))
      normalized = joined.bytes
      segments = normalized.withUnsafeBufferPointer {
        normalizedSplitter.segments(of: $0, literals: joined.literals)
      }
    }
    for segment in segments {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range):
        encodeNormalized(
          Array(normalized[range]), startsText: startsText && range.lowerBound == 0, isLiteral: isLiteral,
          into: &ids)
      }
    }
  }

  private func encodeNormalized(
    _ text: [UInt8], startsText: Bool, isLiteral: Bool, into ids: inout [Int]
  ) {
    for piece in preTokenizer.pieces(of: text, startsText: startsText) {
      if prefersWholePieces, let id = self.ids[spelling(of: piece)], id < modelCount, !isSpecial(id) {
        ids.append(id)
      } else {
        model.encode(piece, isLiteral: isLiteral, into: &ids)
      }
    }
  }

  private func spelling(of piece: ArraySlice<UInt8>) -> ByteString {
    preTokenizer.isByteLevel ? ByteLevelAlphabet.spelling(of: piece) : ByteString(piece)
  }

  package func decode(_ ids: [Int], skipSpecial: Bool) -> String {
    table.decode(ids, skipSpecial: skipSpecial, dropsLeadingSpace: dropsLeadingSpace)
  }

  package var vocabularySize: Int { table.count }
  package func bytes(for id: Int) -> [UInt8] { table.bytes(for: id) }
  package func piece(for id: Int) -> String? { table.piece(for: id) }
  package func id(for piece: String) -> Int? { ids[ByteString(piece)] }
  package func isSpecial(_ id: Int) -> Bool { table.isSpecial(id) }
}
