/// The characters by which GPT-2's and later vocabularies spell bytes, so that every token is printable text.
///
/// Printable characters of Latin-1 stand for their own byte, U+0100 and on for the rest in order (`bytes_to_unicode` of
/// GPT-2's encoder.py).
enum ByteLevelAlphabet {
  /// UTF-8 of the character for each byte.
  static let spellings: [[UInt8]] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      var value = byte
      if !(0x21...0x7E).contains(byte), !(0xA1...0xAC).contains(byte), byte < 0xAE {
        value = next
        next += 1
      }
      return Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
    }
  }()

  private static let values: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: spellings.enumerated().compactMap { byte, spelling in
      String(decoding: spelling, as: UTF8.self).unicodeScalars.first.map { ($0.value, UInt8(byte)) }
    })

  static func byte(of scalar: Unicode.Scalar) -> UInt8? { values[scalar.value] }

  /// The bytes that `piece` spells; its own UTF-8 if one of its characters stands for none.
  static func bytes(of piece: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(piece.utf8.count)
    for scalar in piece.unicodeScalars {
      guard let byte = values[scalar.value] else { return Array(piece.utf8) }
      bytes.append(byte)
    }
    return bytes
  }

  /// `bytes` as the vocabulary spells them.
  static func spelling(of bytes: some Sequence<UInt8>) -> ByteString {
    var spelling: [UInt8] = []
    for byte in bytes { spelling += spellings[Int(byte)] }
    return ByteString(spelling)
  }
}
