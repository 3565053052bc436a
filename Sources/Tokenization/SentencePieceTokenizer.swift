/// A tokenizer that reads a SentencePiece `.model` file through libsentencepiece.
///
/// BPE models are treated as LLaMA's: the strings of control tokens are cut out of the text, each remaining piece gets
/// its own leading space, and a text begins with the beginning-of-sequence id. Unigram models read the text as
/// libsentencepiece does: strings of control tokens are ordinary text, and no id is added.
package struct SentencePieceTokenizer: TextTokenizer {
  private let model: SentencePieceModel
  private let algorithm: SentencePieceModel.Algorithm
  private let table: PieceTable
  private let ids: [ByteString: Int]
  private var splitter: AddedTokenSplitter
  private let addsBOS: Bool
  private let isLegacy: Bool

  package let bosID: Int?
  package let eosID: Int?
  package let padID: Int?
  package let unkID: Int?

  /// - Parameters:
  ///   - bytes: Content of the `.model` file.
  ///   - file: Name of the file, for errors.
  ///   - addedTokens: Tokens beside the model's own; their ids may follow its vocabulary or lie within it.
  ///   - addsBOS: Whether a text begins with the beginning-of-sequence id; nil for what fits the model's algorithm.
  ///   - padName: How the padding token is spelt, if the model itself has none.
  ///   - isLegacy: Text behind an added token gets a leading space as text at the start does. If not, ▁ in a text is read
  ///     as a space too. These are the rules of transformers 4.31's `LlamaTokenizer` for either.
  /// - Throws: ``TokenizationError`` if the model does not load or an added token's id is out of range.
  package init(
    bytes: [UInt8], file: String = "tokenizer.model", addedTokens: [AddedToken] = [], addsBOS: Bool? = nil,
    padName: String? = nil, isLegacy: Bool = true
  ) throws {
    let model = try SentencePieceModel(bytes, file: file)
    self.model = model
    algorithm = SentencePieceModel.algorithm(of: bytes)
    var table = PieceTable()
    var added: [AddedToken] = []
    for id in 0..<model.count {
      let piece = model.piece(for: id) ?? ""
      switch model.kind(of: id) {
      case .normal, .unused: table.append(piece)
      case .byte: table.append(piece, kind: byteValue(of: piece).map { .byte($0) } ?? .text)
      case .control, .unknown:
        table.append(piece, isSpecial: true)
        if algorithm == .bytePairEncoding { added.append(AddedToken(id: id, content: piece)) }
      }
    }
    // What is looked for in normalised text and has an id of the model is a symbol that the model finds itself.
    let others = addedTokens.filter { !($0.isNormalized && !$0.isSpecial && $0.id < model.count) }
    try table.add(others, file: file)
    let overwritten = Set(others.map(\.id))
    splitter = AddedTokenSplitter(added.filter { !overwritten.contains($0.id) } + others)
    let ids = table.idsByPiece
    self.ids = ids
    self.table = table
    bosID = model.bosID
    eosID = model.eosID
    unkID = model.unkID
    padID = model.padID ?? padName.flatMap { ids[ByteString($0)] }
    self.isLegacy = isLegacy
    self.addsBOS = addsBOS ?? (algorithm == .bytePairEncoding)
  }

  package func reserving(_ ids: Set<Int>) -> SentencePieceTokenizer {
    var tokenizer = self
    tokenizer.splitter.reserved.formUnion(ids)
    return tokenizer
  }

  package func encode(_ pieces: [TextPiece], addBOS: Bool) -> [Int] {
    var ids: [Int] = []
    if addBOS, addsBOS, let bosID { ids.append(bosID) }
    let text = JoinedText(isLegacy ? pieces : pieces.map(\.withoutSpaceMarks))
    text.bytes.withUnsafeBufferPointer { bytes in
      for segment in splitter.segments(of: bytes, literals: text.literals) {
        switch segment {
        case .token(let id): ids.append(id)
        case .text(let range):
          let piece = UnsafeBufferPointer(rebasing: bytes[range])
          if isLegacy || range.lowerBound == 0 {
            model.encode(piece, into: &ids)
          } else {
            encodeContinuation(piece, into: &ids)
          }
        }
      }
    }
    return ids
  }

  /// Appends the ids of text behind an added token, without the leading space that SentencePiece gave its first token.
  private func encodeContinuation(_ text: UnsafeBufferPointer<UInt8>, into ids: inout [Int]) {
    let start = ids.count
    model.encode(text, into: &ids)
    guard text.first != UInt8(ascii: " "), ids.count > start, let piece = table.piece(for: ids[start]),
      piece.utf8.starts(with: spaceMark)
    else { return }
    let rest = piece.utf8.dropFirst(spaceMark.count)
    if rest.isEmpty {
      ids.remove(at: start)
    } else {
      // Literal text may spell what is a special token without the space.
      let id = self.ids[ByteString(rest)] ?? unkID ?? ids[start]
      ids[start] = isSpecial(id) && id != unkID ? ids[start] : id
    }
  }

  /// The ids that SentencePiece itself gives the whole text: no ids around it, added tokens are ordinary text.
  package func encodePlainly(_ text: String) -> [Int] {
    var ids: [Int] = []
    var text = text
    text.withUTF8 { model.encode($0, into: &ids) }
    return ids
  }

  /// The text that SentencePiece itself gives for `ids`.
  package func decodePlainly(_ ids: [Int]) -> String { model.decode(ids) }

  package func decode(_ ids: [Int], skipSpecial: Bool) -> String {
    table.decode(ids, skipSpecial: skipSpecial, dropsLeadingSpace: dropsLeadingSpace)
  }

  package var dropsLeadingSpace: Bool { true }
  package var vocabularySize: Int { table.count }
  package func bytes(for id: Int) -> [UInt8] { table.bytes(for: id) }
  package func piece(for id: Int) -> String? { table.piece(for: id) }
  package func id(for piece: String) -> Int? { ids[ByteString(piece)] }
  package func isSpecial(_ id: Int) -> Bool { table.isSpecial(id) }
}

extension TextPiece {
  /// The piece with every ▁ as a space.
  fileprivate var withoutSpaceMarks: TextPiece {
    TextPiece(string.pieces(around: "\u{2581}").joined(separator: " "), isLiteral: isLiteral)
  }
}
