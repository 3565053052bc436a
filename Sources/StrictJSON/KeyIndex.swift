/// A hash table from the bytes of keys to their positions; empty while few keys make a scan faster.
///
/// Swift's own dictionaries take canonically equivalent strings for one key, which JSON does not.
struct KeyIndex: Sendable {
  /// Positions plus one, 0 for a free slot; a power of two of slots, at most half of them taken.
  private var slots: [UInt32] = []
  private var indexed = 0
  private static let scanned = 8

  func position(of key: String, in members: [JSONObject.Element]) -> Int? {
    guard !slots.isEmpty else { return members.firstIndex { $0.key.hasSameBytes(as: key) } }
    var slot = key.byteHash & (slots.count - 1)
    while slots[slot] != 0 {
      let position = Int(slots[slot]) - 1
      if members[position].key.hasSameBytes(as: key) { return position }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Takes up the members that were appended since the last call; their keys must be new.
  mutating func extend(over members: [JSONObject.Element]) {
    guard members.count > Self.scanned else { return }
    if members.count * 2 > slots.count {
      slots = Array(repeating: 0, count: 1 << (Int.bitWidth - (members.count * 2).leadingZeroBitCount))
      indexed = 0
    }
    while indexed < members.count {
      var slot = members[indexed].key.byteHash & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      indexed += 1
      slots[slot] = UInt32(truncatingIfNeeded: indexed)
    }
  }
}

extension String {
  /// Whether the UTF-8 bytes are equal; `==` would also accept canonically equivalent strings.
  package func hasSameBytes(as other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    var (left, right) = (self, other)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        left.isEmpty || left.elementsEqual(right)
      }
    }
  }

  /// A hash of the UTF-8 bytes, seeded anew in every process.
  fileprivate var byteHash: Int {
    var hasher = Hasher()
    var text = self
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    return hasher.finalize()
  }
}
