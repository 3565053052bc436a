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

  package func encode(_ text: String, addBOS: Bool) -> [Int] {
    var ids = addBOS ? postProcessor.front : []
    var text = text
    text.withUTF8 { bytes in
      for segment in rawSplitter.segments(of: bytes) {
        switch segment {
        case .token(let id): ids.append(id)
        case .text(let range): encodeRaw(bytes[range], startsText: range.lowerBound == 0, into: &ids)
        }
      }
    }
    if addBOS { ids += postProcessor.back }
    return ids
  }

  private func encodeRaw(
    _ text: Slice<UnsafeBufferPointer<UInt8>>, startsText: Bool, into ids: inout [Int]
  ) {
    let normalized = normalizer.normalize(text)
    if normalizedSplitter.isEmpty {
      encodeNormalized(normalized, startsText: startsText, into: &ids)
      return
    }
    for segment in normalized.withUnsafeBufferPointer({ normalizedSplitter.segments(of: $0) }) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range):
        encodeNormalized(
          Array(normalized[range]), startsText: startsText && range.lowerBound == 0, into: &ids)
      }
    }
  }

  private func encodeNormalized(_ text: [UInt8], startsText: Bool, into ids: inout [Int]) {
    for piece in preTokenizer.pieces(of: text, startsText: startsText) {
      if prefersWholePieces, let id = self.ids[spelling(of: piece)], id < modelCount {
        ids.append(id)
      } else {
        model.encode(piece, into: &ids)
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
