/// What turns a piece of text into ids.
enum SubwordModel: Sendable {
  case pairs(BytePairMerger)
  case unigram(UnigramSegmenter)

  /// Appends the ids of `piece`, which is UTF-8.
  /// - Parameter isLiteral: Some of the text that the piece is of is literal, so that it spells no special token.
  func encode(_ piece: ArraySlice<UInt8>, isLiteral: Bool, into ids: inout [Int]) {
    switch self {
    case .pairs(let merger): merger.encode(piece, into: &ids)
    case .unigram(let segmenter): segmenter.encode(piece, isLiteral: isLiteral, into: &ids)
    }
  }
}
