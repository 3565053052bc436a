/// What turns a piece of text into ids.
enum SubwordModel: Sendable {
  case pairs(BytePairMerger)
  case unigram(UnigramSegmenter)

  /// Appends the ids of `piece`, which is UTF-8.
  func encode(_ piece: ArraySlice<UInt8>, into ids: inout [Int]) {
    switch self {
    case .pairs(let merger): merger.encode(piece, into: &ids)
    case .unigram(let segmenter): segmenter.encode(piece, into: &ids)
    }
  }
}
