internal import MixtureOfDepths
internal import Models

/// Rows that a sequence has read, with all that must be equal for another sequence to take them over: ids, pictures and the
/// rules by which rows were chosen.
struct ReadRows {
  /// Ids of the prompt's rows and then of generated tokens.
  var ids: [Int]
  /// The pictures of the prompt and their rows.
  let pictures: [(key: PictureKey?, rows: Range<Int>)]
  let rules: RoutingRules?

  init(_ prompt: Prompt, keys: [PictureKey?], rules: RoutingRules?) {
    ids = prompt.ids
    self.rules = rules
    pictures = Array(zip(keys, prompt.pictureRanges)).map { (key: $0.0, rows: $0.1) }
  }

  /// How many rows another sequence has in common with this one at their start.
  func common(with other: ReadRows) -> Int {
    guard rules == other.rules else { return 0 }
    var length = zip(ids, other.ids).prefix { $0 == $1 }.count
    // Ids of image rows are all the same; what they show is not.
    for (index, picture) in pictures.enumerated() where picture.rows.lowerBound < length {
      let isSame =
        index < other.pictures.count && picture.key != nil && other.pictures[index].key == picture.key
        && other.pictures[index].rows == picture.rows
      if !isSame { length = picture.rows.lowerBound }
    }
    for (index, picture) in other.pictures.enumerated() where index >= pictures.count {
      length = min(length, picture.rows.lowerBound)
    }
    return length
  }
}

/// Keeps the caches of sequences that have ended, for later ones that begin alike. What was used least recently goes first
/// when room is needed.
final class PrefixStore {
  private struct Entry {
    let rows: ReadRows
    let cache: SequenceCache
    var lastUse: Int
  }

  private var entries: [Entry] = []
  private var uses = 0
  private let mostEntries: Int

  /// - Parameter mostEntries: How many sequences are kept.
  init(mostEntries: Int) { self.mostEntries = mostEntries }

  var bytes: Int { entries.reduce(0) { $0 + $1.cache.memoryBytes } }

  /// The kept sequence that has the most rows in common with another at their start.
  func longest(for rows: ReadRows) -> (cache: SequenceCache, length: Int)? {
    var best: (index: Int, length: Int)?
    for (index, entry) in entries.enumerated() {
      let length = min(entry.cache.length, entry.rows.common(with: rows))
      if length > best?.length ?? 0 { best = (index, length) }
    }
    guard let best else { return nil }
    uses += 1
    entries[best.index].lastUse = uses
    return (entries[best.index].cache, best.length)
  }

  /// Keeps a sequence; those that it goes on from need not be kept beside it.
  func keep(_ cache: SequenceCache, _ rows: ReadRows) {
    entries.removeAll { $0.rows.common(with: rows) >= $0.cache.length && $0.cache.length <= cache.length }
    uses += 1
    entries.append(Entry(rows: rows, cache: cache, lastUse: uses))
    while entries.count > mostEntries { removeOldest() }
  }

  /// Forgets what was used least recently until no more than `bytes` are kept.
  func shrink(to bytes: Int) {
    while self.bytes > bytes, !entries.isEmpty { removeOldest() }
  }

  private func removeOldest() {
    guard let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) else { return }
    entries.remove(at: oldest)
  }
}
