/// A tokenizer that reads a tokenizer.json with byte-pair encoding, of the kind that SentencePiece models are converted to.
///
/// Both forms are read: spaces written as ▁ by a normaliser, which gives every piece of text between added tokens its
/// own leading ▁, and by the Metaspace pre-tokeniser of newer files.
public struct BPETokenizer: TextTokenizer {
  var table = PieceTable()
  var ids: [ByteString: Int] = [:]
  var merger = BytePairMerger()
  var normalizer: TextNormalizer
  var metaspace: Metaspace?
  /// Finds the added tokens in the raw text.
  var rawSplitter: AddedTokenSplitter
  /// Finds the added tokens in the normalised text.
  var normalizedSplitter: AddedTokenSplitter
  /// A piece of text that is a token by itself needs no merges.
  var prefersWholePieces: Bool
  /// Ids that the post-processor puts in front of and behind a text.
  var frontIDs: [Int] = []
  var backIDs: [Int] = []

  public internal(set) var dropsLeadingSpace: Bool
  public internal(set) var bosID: Int?
  public internal(set) var eosID: Int?
  public internal(set) var padID: Int?
  public internal(set) var unkID: Int?

  public func encode(_ text: String, addBOS: Bool) -> [Int] {
    var ids = addBOS ? frontIDs : []
    var text = text
    text.withUTF8 { bytes in
      for segment in rawSplitter.segments(of: bytes) {
        switch segment {
        case .token(let id): ids.append(id)
        case .text(let range): encodeRaw(bytes[range], startsText: range.lowerBound == 0, into: &ids)
        }
      }
    }
    if addBOS { ids += backIDs }
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
    for piece in metaspace?.pieces(of: text, startsText: startsText) ?? [text[...]] {
      if prefersWholePieces, let id = self.ids[ByteString(piece)] {
        ids.append(id)
      } else {
        merger.encode(piece, into: &ids)
      }
    }
  }

  public func decode(_ ids: [Int], skipSpecial: Bool) -> String {
    table.decode(ids, skipSpecial: skipSpecial, dropsLeadingSpace: dropsLeadingSpace)
  }

  public var vocabularySize: Int { table.count }
  public func bytes(for id: Int) -> [UInt8] { table.bytes(for: id) }
  public func piece(for id: Int) -> String? { table.piece(for: id) }
  public func id(for piece: String) -> Int? { ids[ByteString(piece)] }
  public func isSpecial(_ id: Int) -> Bool { table.isSpecial(id) }
}
