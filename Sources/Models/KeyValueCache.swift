package import Tensors

/// The keys and values that one sequence has left in each decoder layer.
///
/// Layers hold different numbers of rows: a routed layer stores only the rows that it ran. A sequence may continue
/// another one (many questions behind one picture); the other's rows are then seen but not copied. Rows see themselves, too,
/// as they are kept, so that a prompt read at once and one read in steps give the same.
package final class SequenceCache {
  package let parent: SequenceCache?
  private let format: KeyValueFormat
  private let store: KeyValueStore
  /// Nil where no row has come yet.
  private var layers: [KeyValueRows?]
  /// Tokens of this sequence that the whole decoder has seen, without those of its parent.
  package private(set) var length = 0

  package init(
    layers count: Int, format: KeyValueFormat = .float32, continuing parent: SequenceCache? = nil,
    store: KeyValueStore = KeyValueStore()
  ) {
    self.parent = parent
    self.format = format
    self.store = store
    layers = [KeyValueRows?](repeating: nil, count: count)
  }

  /// How far the places on several axes lie from the count of tokens, once a picture has been seen.
  private(set) var shift: Int?

  /// As `shift`, of the parent where this sequence has seen no picture.
  var totalShift: Int { shift ?? parent?.totalShift ?? 0 }

  /// Tokens seen, those of the parent included.
  package var totalLength: Int { (parent?.totalLength ?? 0) + length }

  /// Rows that a layer keeps for this sequence, those of the parent included.
  package func rows(inLayer layer: Int) -> Int {
    (parent?.rows(inLayer: layer) ?? 0) + (layers[layer]?.count ?? 0)
  }

  /// Bytes that the stored keys and values of this sequence take, its parent's not included.
  package var bytes: Int { layers.reduce(0) { $0 + ($1?.bytes ?? 0) } }

  func advance(by tokens: Int, shift: Int?) {
    length += tokens
    self.shift = shift ?? self.shift
  }

  func append(key: Tensor, value: Tensor, heads: AttentionHeads, toLayer layer: Int, backend: Backend) {
    // In place: a copy would make the rows move to a page of their own.
    if layers[layer] == nil { layers[layer] = KeyValueRows(heads, format: format, store: store) }
    layers[layer]?.append(key: key, value: value, backend: backend)
  }

  /// What a query of this sequence sees in a layer, oldest first.
  func spans(inLayer layer: Int) -> [KeySpan] {
    (parent?.spans(inLayer: layer) ?? []) + (layers[layer].map { [.kept($0)] } ?? [])
  }
}
