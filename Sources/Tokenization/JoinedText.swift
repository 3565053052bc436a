/// A piece of a text that is tokenised as a whole.
package struct TextPiece: Sendable, Equatable {
  package let string: String
  /// No special token is found in the piece, nor across its ends.
  package let isLiteral: Bool

  package init(_ string: String, isLiteral: Bool = false) {
    self.string = string
    self.isLiteral = isLiteral
  }
}

/// Pieces of a text joined, with the places where no special token may be found.
struct JoinedText: Sendable {
  private(set) var bytes: [UInt8] = []
  /// In order, none empty.
  private(set) var literals: [Range<Int>] = []

  init(_ pieces: [TextPiece] = []) {
    for piece in pieces { append(piece.string.utf8, isLiteral: piece.isLiteral) }
  }

  mutating func append(_ more: some Collection<UInt8>, isLiteral: Bool) {
    let start = bytes.count
    bytes += more
    if isLiteral, start < bytes.count { literals.append(start..<bytes.count) }
  }

  /// A part of the text, cut where literal pieces begin and end.
  func runs(in range: Range<Int>) -> [(bytes: ArraySlice<UInt8>, isLiteral: Bool)] {
    var runs: [(bytes: ArraySlice<UInt8>, isLiteral: Bool)] = []
    var position = range.lowerBound
    func append(to end: Int, isLiteral: Bool) {
      if position < end { runs.append((bytes[position..<end], isLiteral)) }
      position = max(position, end)
    }
    for literal in literals where literal.overlaps(range) {
      let part = literal.clamped(to: range)
      append(to: part.lowerBound, isLiteral: false)
      append(to: part.upperBound, isLiteral: true)
    }
    append(to: range.upperBound, isLiteral: false)
    return runs
  }
}
