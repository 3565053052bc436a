internal import StrictJSON

/// The vocabulary of a tokenizer.json's model, and the model itself.
struct ModelVocabulary {
  private(set) var table: PieceTable
  private(set) var ids: [ByteString: Int] = [:]
  private(set) var model: SubwordModel
  private(set) var unknown: Int?

  /// Reads a unigram model: a list of pieces with their scores.
  ///
  /// - Throws: `JSONError` or ``TokenizationError`` if it is malformed.
  init(unigram description: JSONObject, decoder: PieceDecoder, file: String) throws {
    table = PieceTable(decoder.spelling)
    var scores: [Double] = []
    for (id, value) in try description.array("vocab").enumerated() {
      guard let entry = value.array, entry.count == 2, let piece = entry[0].string,
        let score = entry[1].double, score.isFinite, id < PieceTable.largestCount
      else {
        throw TokenizationError.malformed(
          file: file, place: "model.vocab[\(id)]", reason: "is not a piece and its score")
      }
      table.append(piece, kind: decoder.kind(of: piece))
      scores.append(score)
    }
    ids = table.idsByPiece
    var segmenter = UnigramSegmenter(pieces: table.pieces, scores: scores)
    unknown = try description.optionalInt("unk_id")
    if let unknown, !table.pieces.indices.contains(unknown) {
      throw TokenizationError.malformed(
        file: file, place: "model.unk_id", reason: "is \(unknown), which is no token's id")
    }
    segmenter.unknown = unknown
    if try description.optionalBool("byte_fallback") ?? false {
      segmenter.bytes = Self.fallbackBytes(ids)
    }
    model = .unigram(segmenter)
  }

  /// Reads a byte-pair model: ids by piece, and merges each written as `"a b"` or as `["a", "b"]`.
  ///
  /// - Parameter special: Ids that no text becomes.
  /// - Throws: `JSONError` or ``TokenizationError`` if it is malformed or needs what is not supported.
  init(
    pairs description: JSONObject, decoder: PieceDecoder, isByteLevel: Bool, without special: Set<Int>,
    file: String
  ) throws {
    for option in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard try description.optionalString(option) ?? "" == "" else {
        throw TokenizationError.unsupported(file: file, component: "the model option \"\(option)\"")
      }
    }
    guard try description.optionalDouble("dropout") ?? 0 == 0 else {
      throw TokenizationError.unsupported(file: file, component: "the model option \"dropout\"")
    }
    try self.init(
      vocabulary: description.object("vocab"), decoder: decoder, isByteLevel: isByteLevel, file: file)
    let ids = ids
    unknown = try description.optionalString("unk_token").flatMap { ids[ByteString($0)] }
    let fallsBack = try description.optionalBool("byte_fallback") ?? false
    let fusesUnknown = try description.optionalBool("fuse_unk") ?? false
    let pairs = try description.array("merges").map { merge in
      if let text = merge.string { return Self.parts(of: text) }
      return (merge.array ?? []).compactMap(\.string).map { ByteString($0) }
    }
    let unknown = unknown
    try addMerges(pairs, without: special, place: "model.merges", file: file) { merger in
      merger.unknown = unknown.flatMap { Int32(exactly: $0) }
      merger.fusesUnknown = fusesUnknown
      if fallsBack, !isByteLevel {
        merger.bytes = Self.fallbackBytes(ids).map { Int32(truncatingIfNeeded: $0) }
      }
    }
  }

  /// Reads ids by piece as a byte-pair model without merges.
  init(vocabulary: JSONObject, decoder: PieceDecoder, isByteLevel: Bool, file: String) throws {
    table = PieceTable(decoder.spelling)
    var count = 0
    for (piece, value) in vocabulary {
      guard let id = value.int, (0..<PieceTable.largestCount).contains(id) else {
        throw TokenizationError.malformed(
          file: file, place: "model.vocab", reason: "gives \"\(piece)\" an id that is not a small integer")
      }
      count = max(count, id + 1)
    }
    for _ in 0..<count { table.append("") }
    var merger = BytePairMerger()
    merger.isByteLevel = isByteLevel
    if isByteLevel { merger.bytes = [Int32](repeating: BytePairMerger.gone, count: 256) }
    for (piece, value) in vocabulary {
      guard let id = value.int else { continue }
      table.set(id, piece, kind: decoder.kind(of: piece))
      let scalars = piece.unicodeScalars
      guard let scalar = scalars.first, scalars.count == 1 else { continue }
      let symbol = Int32(truncatingIfNeeded: id)
      if !isByteLevel {
        merger.characters[scalar.value] = symbol
      } else if let byte = ByteLevelAlphabet.byte(of: scalar) {
        merger.bytes[Int(byte)] = symbol
      }
    }
    model = .pairs(merger)
    ids = table.idsByPiece
  }

  /// The two sides of a merge as text files write it.
  static func parts(of text: some StringProtocol) -> [ByteString] {
    text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { ByteString($0) }
  }

  mutating func addMerges(
    _ pairs: [[ByteString]], without special: Set<Int> = [], place: String, file: String,
    configure: (inout BytePairMerger) -> Void = { _ in }
  ) throws {
    guard case .pairs(var merger) = model else { return }
    merger.merges.reserveCapacity(pairs.count)
    for (rank, parts) in pairs.enumerated() {
      guard parts.count == 2, let left = ids[parts[0]], let right = ids[parts[1]],
        let result = ids[ByteString(parts[0].bytes + parts[1].bytes)]
      else {
        throw TokenizationError.malformed(
          file: file, place: "\(place)[\(rank)]",
          reason: "does not join two tokens of the vocabulary to a third")
      }
      if special.contains(result) { continue }
      let key = BytePairMerger.key(Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right))
      merger.merges[key] = BytePairMerger.Merge(
        rank: UInt32(truncatingIfNeeded: rank), result: Int32(truncatingIfNeeded: result))
    }
    configure(&merger)
    model = .pairs(merger)
  }

  /// The ids of `<0x00>` to `<0xFF>`; none unless the vocabulary has all of them.
  private static func fallbackBytes(_ ids: [ByteString: Int]) -> [Int] {
    let bytes = (0..<256).compactMap { byte in
      ids[ByteString("<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">")]
    }
    return bytes.count == 256 ? bytes : []
  }
}

extension PieceDecoder {
  func kind(of piece: String) -> PieceTable.Kind {
    (decodesBytes ? byteValue(of: piece) : nil).map { .byte($0) } ?? .text
  }
}
