/// What each id of a vocabulary stands for, and how a list of ids becomes text.
struct PieceTable: Sendable {
  enum Kind: Sendable, Equatable {
    case text
    /// One byte of a character that the vocabulary does not have as a whole.
    case byte(UInt8)
  }

  /// How a token's string spells the text that it stands for.
  enum Spelling: Sendable {
    /// As it is, but for ▁ as a space: SentencePiece.
    case spaceMark
    /// A character for each byte, see ``ByteLevelAlphabet``.
    case byteLevel
  }

  /// More ids than any vocabulary has.
  static let largestCount = 1 << 22

  /// The tokens as the vocabulary spells them; empty at ids that no token has.
  private(set) var pieces: [String] = []
  private let spelling: Spelling
  private var kinds: [Kind] = []
  private var special: [Bool] = []
  private var contents: [[UInt8]] = []

  init(_ spelling: Spelling = .spaceMark) { self.spelling = spelling }

  var count: Int { pieces.count }

  /// Adds the token with the next id. A piece writes its spaces as ▁.
  mutating func append(_ piece: String, kind: Kind = .text, isSpecial: Bool = false) {
    pieces.append(piece)
    kinds.append(kind)
    special.append(isSpecial)
    contents.append([])
    set(count - 1, piece, kind: kind, isSpecial: isSpecial)
  }

  /// Adds `tokens` behind the vocabulary, or over its own where the ids are the same.
  ///
  /// - Throws: ``TokenizationError`` if an id is negative or beyond ``largestCount``.
  mutating func add(_ tokens: [AddedToken], file: String) throws {
    for token in tokens {
      guard (0..<Self.largestCount).contains(token.id) else {
        throw TokenizationError.malformed(
          file: file, place: "added token \"\(token.content)\"",
          reason: "has the id \(token.id); ids go from 0 to \(Self.largestCount - 1)")
      }
      while count <= token.id { append("") }
      set(token.id, token.content, kind: .text, isSpecial: token.isSpecial)
    }
  }

  mutating func set(_ id: Int, _ piece: String, kind: Kind, isSpecial: Bool = false) {
    pieces[id] = piece
    kinds[id] = kind
    special[id] = isSpecial
    switch kind {
    case .text: contents[id] = spelling == .byteLevel ? ByteLevelAlphabet.bytes(of: piece) : unescaped(piece)
    case .byte(let byte): contents[id] = [byte]
    }
  }

  /// The ids by piece; the first one where the vocabulary holds a piece twice.
  var idsByPiece: [ByteString: Int] {
    Dictionary(
      zip(pieces, pieces.indices).lazy.filter { !$0.0.isEmpty }.map { (ByteString($0.0), $0.1) },
      uniquingKeysWith: { first, _ in first })
  }

  func piece(for id: Int) -> String? {
    pieces.indices.contains(id) && !pieces[id].isEmpty ? pieces[id] : nil
  }

  func bytes(for id: Int) -> [UInt8] { contents.indices.contains(id) ? contents[id] : [] }
  func isSpecial(_ id: Int) -> Bool { special.indices.contains(id) && special[id] }

  /// Joins the pieces with ▁ as a space. A run of byte pieces that is not valid UTF-8 becomes one U+FFFD a byte.
  ///
  /// These are the rules of the tokenizers library's decoder for models converted from SentencePiece.
  func decode(_ ids: [Int], skipSpecial: Bool, dropsLeadingSpace: Bool) -> String {
    var text: [UInt8] = []
    var run: [UInt8] = []
    func endRun() {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        text += run
      } else {
        for _ in run { text += "\u{FFFD}".utf8 }
      }
      run.removeAll(keepingCapacity: true)
    }
    for id in ids where contents.indices.contains(id) && !(skipSpecial && special[id]) {
      if case .byte(let byte) = kinds[id] {
        run.append(byte)
      } else {
        endRun()
        text += contents[id]
      }
    }
    endRun()
    if dropsLeadingSpace, text.first == UInt8(ascii: " ") { text.removeFirst() }
    return String(decoding: text, as: UTF8.self)
  }
}

/// UTF-8 of ▁ (U+2581), SentencePiece's mark for a space.
let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]

/// The byte that a piece of the form `<0xNN>` stands for.
func byteValue(of piece: String) -> UInt8? {
  let bytes = Array(piece.utf8)
  guard bytes.count == 6, piece.hasPrefix("<0x"), piece.hasSuffix(">") else { return nil }
  return UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
}

/// The bytes of `piece` with every ▁ as a space.
private func unescaped(_ piece: String) -> [UInt8] {
  var bytes: [UInt8] = []
  for scalar in piece.unicodeScalars {
    if scalar == "\u{2581}" { bytes.append(UInt8(ascii: " ")) } else { bytes += Character(scalar).utf8 }
  }
  return bytes
}
