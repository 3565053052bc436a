extension SentencePieceModel {
  /// How a model splits text; the numbers are those of `TrainerSpec.ModelType` in sentencepiece_model.proto.
  enum Algorithm: UInt64 {
    case unigram = 1
    case bytePairEncoding = 2
    case word = 3
    case character = 4
  }

  /// Reads the algorithm from a serialized model, which libsentencepiece does not tell.
  ///
  /// It is field 3 of the message in field 2, in protobuf's wire format; a missing field means unigram.
  static func algorithm(of model: [UInt8]) -> Algorithm {
    var reader = WireReader(bytes: model[...])
    var trainer: ArraySlice<UInt8> = []
    while let field = reader.next() {
      if field.number == 2, let message = field.message { trainer = message }
    }
    reader = WireReader(bytes: trainer)
    var algorithm = Algorithm.unigram
    while let field = reader.next() {
      if field.number == 3, let value = field.value { algorithm = Algorithm(rawValue: value) ?? algorithm }
    }
    return algorithm
  }
}

/// Walks over the fields of one protobuf message; stops at the first byte that is not one.
private struct WireReader {
  var bytes: ArraySlice<UInt8>

  struct Field {
    var number: UInt64
    var value: UInt64?
    var message: ArraySlice<UInt8>?
  }

  mutating func next() -> Field? {
    guard let key = varint() else { return nil }
    switch key & 7 {
    case 0: return varint().map { Field(number: key >> 3, value: $0) }
    case 1: return take(8).map { _ in Field(number: key >> 3) }
    case 2: return varint().flatMap { take($0) }.map { Field(number: key >> 3, message: $0) }
    case 5: return take(4).map { _ in Field(number: key >> 3) }
    default: return nil
    }
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
    guard count <= UInt64(bytes.count) else { return nil }
    defer { bytes = bytes.dropFirst(Int(count)) }
    return bytes.prefix(Int(count))
  }
}
