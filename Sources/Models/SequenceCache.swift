package import Tensors

/// The keys and values that one sequence has left in each decoder layer.
///
/// Layers hold different numbers of rows: a routed layer stores only the rows that it ran. A copy shares the memory of what
/// both hold, and each goes on by itself. Rows see themselves, too, as they are kept, so that a prompt read at once and one
/// read in parts give the same.
package final class SequenceCache {
  private let format: KeyValueFormat
  private let store: KeyValueStore
  private var layers: [Layer]
  /// Rows of this sequence that the whole decoder has seen.
  package private(set) var length = 0
  /// How far the places on several axes lie from the count of rows, behind the last picture that has been seen.
  private(set) var shift = 0
  /// Behind which row that became so.
  private var shiftLength = 0

  private struct Layer {
    /// Nil where no row has come yet.
    var rows: KeyValueRows?
    /// The places of the rows in the sequence; nil while the layer has run all of them.
    var places: [Int32]?

    var count: Int { rows?.count ?? 0 }
  }

  /// - Parameter store: Lends the memory.
  package init(layers count: Int, format: KeyValueFormat = .float32, store: KeyValueStore = KeyValueStore()) {
    self.format = format
    self.store = store
    layers = [Layer](repeating: Layer(), count: count)
  }

  private init(_ other: SequenceCache) {
    (format, store, layers) = (other.format, other.store, other.layers)
    (length, shift, shiftLength) = (other.length, other.shift, other.shiftLength)
  }

  /// A sequence that begins with the first rows of this one.
  package func copy(upTo length: Int) -> SequenceCache {
    let copy = SequenceCache(self)
    copy.truncate(to: length)
    return copy
  }

  /// Forgets all rows behind the first `length`, and what an unfinished pass has left.
  package func truncate(to length: Int) {
    for index in layers.indices {
      let places = layers[index].places
      let kept = places.map { $0.partitioningIndex { $0 >= length } } ?? min(length, layers[index].count)
      layers[index].rows?.truncate(to: kept)
      layers[index].places = places.map { Array($0.prefix(kept)) }
    }
    self.length = length
    if length < shiftLength { (shift, shiftLength) = (0, 0) }
  }

  /// Rows that a layer keeps for this sequence.
  package func rows(inLayer layer: Int) -> Int { layers[layer].count }

  /// Bytes that the stored keys and values take; memory that copies share counts in each.
  package var bytes: Int { layers.reduce(0) { $0 + ($1.rows?.bytes ?? 0) } }

  /// Bytes of the memory in which they lie; memory that copies share counts in each.
  package var memoryBytes: Int { layers.reduce(0) { $0 + ($1.rows?.memoryBytes ?? 0) } }

  func advance(by rows: Int, shift: Int?) {
    length += rows
    if let shift { (self.shift, shiftLength) = (shift, length) }
  }

  /// - Parameter places: Where the rows stand in the sequence; nil if they are all that follow in it.
  func append(
    key: Tensor, value: Tensor, heads: AttentionHeads, toLayer layer: Int, places: ArraySlice<Int32>?,
    backend: Backend
  ) {
    let count = layers[layer].count
    if layers[layer].places != nil || places != nil || count < length {
      if layers[layer].places == nil { layers[layer].places = (0..<Int32(count)).map { $0 } }
      layers[layer].places? += places ?? ArraySlice((0..<Int32(key.rows)).map { Int32(length) + $0 })
    }
    if layers[layer].rows == nil { layers[layer].rows = KeyValueRows(heads, format: format, store: store) }
    layers[layer].rows?.append(key: key, value: value, backend: backend)
  }

  /// Keeps rows of a layer that has no keys and values, and gives them back as they are kept.
  /// - Parameters:
  ///   - key, value: The halves of the rows.
  ///   - most: How many earlier rows come in front of them, as far as there are any.
  /// - Shape: key, value `[n, width / 2]` → `[≤ most + n, width]`
  func appendAndRead(
    key: Tensor, value: Tensor, heads: AttentionHeads, toLayer layer: Int, before most: Int, backend: Backend
  ) -> Tensor {
    append(key: key, value: value, heads: heads, toLayer: layer, places: nil, backend: backend)
    let count = layers[layer].count
    return layers[layer].rows?.read(max(0, count - key.rows - most)..<count, backend: backend) ?? key
  }

  /// What a query of this sequence sees in a layer, oldest first.
  func spans(inLayer layer: Int) -> [KeySpan] { layers[layer].rows.map { [.kept($0)] } ?? [] }
}

extension [Int32] {
  /// The first index whose element satisfies a predicate that holds for all elements behind one for which it does.
  fileprivate func partitioningIndex(_ belongs: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(Int(self[middle])) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
