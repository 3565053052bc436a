/// Byte-pair encoding: splits a piece of text into characters and joins neighbours, lowest merge rank first, the
/// leftmost where ranks are equal.
struct BytePairMerger: Sendable {
  /// What two neighbouring tokens become.
  struct Merge: Sendable {
    var rank: UInt32
    var result: Int32
  }

  /// Ids of the tokens that are one character.
  var characters: [UInt32: Int32] = [:]
  /// Ids of the tokens of one byte each; empty for a vocabulary without them. In one that is not of bytes only, they
  /// stand for characters that it does not have.
  var bytes: [Int32] = []
  /// The text is a sequence of bytes, not of characters.
  var isByteLevel = false
  /// Stands for a character that is neither in the vocabulary nor written as bytes; without it, such a one is dropped.
  var unknown: Int32?
  /// A run of unknown characters becomes one token.
  var fusesUnknown = false
  /// By the pair of ids, see ``key(_:_:)``.
  var merges: [UInt64: Merge] = [:]

  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Appends the ids of `text`, which is UTF-8. Takes O(n log n).
  func encode(_ text: ArraySlice<UInt8>, into ids: inout [Int]) {
    var symbols = isByteLevel ? text.map { bytes[Int($0)] }.filter { $0 != Self.gone } : split(text)
    if symbols.count > 1 { merge(&symbols) }
    for symbol in symbols where symbol != Self.gone { ids.append(Int(symbol)) }
  }

  private func split(_ text: ArraySlice<UInt8>) -> [Int32] {
    var symbols: [Int32] = []
    symbols.reserveCapacity(text.count)
    var afterUnknown = false
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if let id = characters[scalar.value] {
        symbols.append(id)
      } else if !bytes.isEmpty {
        for byte in UTF8.encode(scalar).map(Array.init) ?? [] { symbols.append(bytes[Int(byte)]) }
      } else if let unknown {
        if !(afterUnknown && fusesUnknown) { symbols.append(unknown) }
        afterUnknown = true
        continue
      }
      afterUnknown = false
    }
    return symbols
  }

  /// Marks a place whose symbol went into its left neighbour, and a byte without a token.
  static let gone: Int32 = -1

  /// Joins neighbours in place. `symbols` then holds ``gone`` where a symbol went into its left neighbour.
  private func merge(_ symbols: inout [Int32]) {
    let count = symbols.count
    var next = Array(1...count)
    var previous = Array(-1..<count - 1)
    var candidates = MinimumHeap()
    for left in 0..<count - 1 {
      if let merge = merges[Self.key(symbols[left], symbols[left + 1])] {
        candidates.append(rank: merge.rank, position: left)
      }
    }
    candidates.order()
    while let (rank, left) = candidates.popFirst() {
      let right = next[left]
      guard symbols[left] != Self.gone, right < count,
        let merge = merges[Self.key(symbols[left], symbols[right])], merge.rank == rank
      else { continue }
      symbols[left] = merge.result
      symbols[right] = Self.gone
      next[left] = next[right]
      if next[left] < count {
        previous[next[left]] = left
        if let merge = merges[Self.key(symbols[left], symbols[next[left]])] {
          candidates.insert(rank: merge.rank, position: left)
        }
      }
      if previous[left] >= 0, let merge = merges[Self.key(symbols[previous[left]], symbols[left])] {
        candidates.insert(rank: merge.rank, position: previous[left])
      }
    }
  }
}

/// Pairs of a rank and a position, the smallest rank first, then the smallest position.
private struct MinimumHeap {
  private var entries: [(rank: UInt32, position: Int)] = []

  /// Adds an entry that finds its place in ``order()``.
  mutating func append(rank: UInt32, position: Int) { entries.append((rank, position)) }

  mutating func order() {
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(from: index) }
  }

  mutating func insert(rank: UInt32, position: Int) {
    entries.append((rank, position))
    var index = entries.count - 1
    while index > 0, entries[index] < entries[(index - 1) / 2] {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func popFirst() -> (rank: UInt32, position: Int)? {
    guard let first = entries.first else { return nil }
    entries[0] = entries[entries.count - 1]
    entries.removeLast()
    sink(from: 0)
    return first
  }

  private mutating func sink(from start: Int) {
    var index = start
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
        if entries[child] < entries[smallest] { smallest = child }
      }
      if smallest == index { return }
      entries.swapAt(index, smallest)
      index = smallest
    }
  }
}
