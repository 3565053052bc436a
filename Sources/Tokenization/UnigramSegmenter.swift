/// A unigram language model: the split of a text whose tokens' scores add up to the most.
///
/// As `Unigram::encode_optimized` of the tokenizers library does it (Viterbi from left to right): the first of equal
/// paths wins, a character without a token costs 10 more than the worst token, and neighbours of that kind are joined.
struct UnigramSegmenter: Sendable {
  private struct Entry: Sendable {
    var id: Int
    var score: Double
  }

  private var trie = ByteTrie<Entry>()
  /// Ids of the tokens `<0x00>` to `<0xFF>`; empty for a vocabulary that does not fall back to bytes.
  var bytes: [Int] = []
  /// Stands for characters that have no token; without it, such are dropped.
  var unknown: Int?
  /// Ids that literal text never becomes.
  var special: Set<Int> = []
  private var lowestScore = 0.0

  /// - Parameter scores: By id; a piece that stands there twice has its later id.
  init(pieces: [String], scores: [Double]) {
    lowestScore = scores.min() ?? 0
    for (id, (piece, score)) in zip(pieces, scores).enumerated() {
      trie.insert(piece.utf8, Entry(id: id, score: score))
    }
  }

  /// The best way to reach a place of the text.
  private struct Step {
    var score = 0.0
    /// Where its last token begins; -1 if the place has not been reached.
    var start = -1
    /// That token; nil for a character without one.
    var id: Int?
  }

  /// Appends the ids of `text`, which is UTF-8. Takes time in proportion to its length times the longest token's.
  /// - Parameter isLiteral: Some of the text, or of what is around it, is literal.
  func encode(_ text: ArraySlice<UInt8>, isLiteral: Bool, into ids: inout [Int]) {
    text.withUnsafeBufferPointer { text in
      var reversed: [Int] = []
      var unknownEnd: Int?
      func endUnknown(at start: Int) {
        guard let end = unknownEnd else { return }
        unknownEnd = nil
        if !bytes.isEmpty {
          reversed += text[start..<end].reversed().map { bytes[Int($0)] }
        } else if let unknown {
          reversed.append(unknown)
        }
      }
      let steps = bestSteps(text, isLiteral: isLiteral)
      var end = text.count
      while end > 0 {
        let step = steps[end]
        if let id = step.id {
          endUnknown(at: end)
          reversed.append(id)
        } else {
          unknownEnd = unknownEnd ?? end
        }
        end = step.start
      }
      endUnknown(at: 0)
      ids += reversed.reversed()
    }
  }

  private func bestSteps(_ text: UnsafeBufferPointer<UInt8>, isLiteral: Bool) -> [Step] {
    var steps = [Step](repeating: Step(), count: text.count + 1)
    let unknownScore = lowestScore - 10
    var start = 0
    while start < text.count {
      let scoreHere = steps[start].score
      var characterEnd = start + 1
      while characterEnd < text.count, UTF8.isContinuation(text[characterEnd]) { characterEnd += 1 }
      var hasCharacter = false
      trie.forEachMatch(in: text, at: start) { entry, end in
        if isLiteral, special.contains(entry.id) { return }
        if steps[end].start < 0 || scoreHere + entry.score > steps[end].score {
          steps[end] = Step(
            score: scoreHere + entry.score, start: start, id: entry.id == unknown ? nil : entry.id)
        }
        if end == characterEnd { hasCharacter = true }
      }
      if !hasCharacter,
        steps[characterEnd].start < 0 || scoreHere + unknownScore > steps[characterEnd].score
      {
        steps[characterEnd] = Step(score: scoreHere + unknownScore, start: start, id: nil)
      }
      start = characterEnd
    }
    return steps
  }
}
