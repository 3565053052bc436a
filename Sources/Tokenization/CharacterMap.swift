internal import Foundation

/// The character replacements of a SentencePiece model, as tokenizer.json carries them: `precompiled_charsmap`.
///
/// Four bytes with the size of a double-array trie (darts-clone), the trie, and the replacements, each ended by a zero
/// byte. The trie's values are the replacements' offsets.
struct CharacterMap: Sendable {
  private var units: [UInt32] = []
  private var replacements: [UInt8] = []

  /// - Throws: ``TokenizationError`` if the text is not such a map.
  init(base64: String, file: String) throws {
    if base64.isEmpty { return }
    guard let data = Data(base64Encoded: base64), data.count >= 4 else { throw Self.malformed(file) }
    let bytes = [UInt8](data)
    func word(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    let size = Int(word(at: 0))
    guard size % 4 == 0, size <= bytes.count - 4 else { throw Self.malformed(file) }
    units = (0..<size / 4).map { word(at: 4 + 4 * $0) }
    replacements = Array(bytes[(4 + size)...])
  }

  private static func malformed(_ file: String) -> TokenizationError {
    .malformed(file: file, place: "precompiled_charsmap", reason: "is not a map of characters in base 64")
  }

  /// `text`, which is UTF-8, with its characters replaced.
  ///
  /// As in the tokenizers library: a grapheme of less than six bytes is replaced as a whole where the shortest entry that
  /// it begins with says so; otherwise each of its scalars is looked up by itself.
  func apply(to text: [UInt8]) -> [UInt8] {
    if units.isEmpty { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for character in String(decoding: text, as: UTF8.self) {
      let bytes = Array(character.utf8)
      if bytes.count < 6, let replacement = replacement(for: bytes[...]) {
        result += replacement
        continue
      }
      var start = 0
      for scalar in character.unicodeScalars {
        let part = bytes[start..<start + UTF8.width(scalar)]
        result += replacement(for: part) ?? part
        start = part.endIndex
      }
    }
    return result
  }

  /// What replaces the shortest entry that `bytes` begin with; nil if there is none.
  private func replacement(for bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var node = 0
    guard units.indices.contains(node) else { return nil }
    node ^= Self.offset(units[node])
    for byte in bytes {
      if byte == 0 { return nil }
      node ^= Int(byte)
      guard units.indices.contains(node), units[node] & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      let unit = units[node]
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard units.indices.contains(node) else { return nil }
        let start = Int(units[node] & (1 << 31 - 1))
        guard start <= replacements.count else { return nil }
        return replacements[start...].prefix { $0 != 0 }
      }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & (1 << 9)) >> 6) }
}
