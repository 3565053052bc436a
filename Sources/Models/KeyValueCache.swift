internal import Tensors

/// The keys and values that one sequence has left in each decoder layer.
///
/// Layers hold different numbers of rows: a routed layer stores only the rows that it ran. A sequence may continue
/// another one (many questions behind one picture); the other's rows are then seen but not copied.
public final class SequenceCache {
  public let parent: SequenceCache?
  private let layers: [LayerCache]
  /// Tokens of this sequence that the whole decoder has seen, without those of its parent.
  public private(set) var length = 0

  public init(layers count: Int, continuing parent: SequenceCache? = nil) {
    self.parent = parent
    layers = (0..<count).map { _ in LayerCache() }
  }

  /// How far the places on several axes lie from the count of tokens, once a picture has been seen.
  private(set) var shift: Int?

  /// As `shift`, of the parent where this sequence has seen no picture.
  var totalShift: Int { shift ?? parent?.totalShift ?? 0 }

  /// Tokens seen, those of the parent included.
  public var totalLength: Int { (parent?.totalLength ?? 0) + length }

  /// Rows that a layer keeps for this sequence, those of the parent included.
  public func rows(inLayer layer: Int) -> Int { (parent?.rows(inLayer: layer) ?? 0) + layers[layer].count }

  /// Bytes that the stored keys and values of this sequence take, its parent's not included.
  public var bytes: Int { layers.reduce(0) { $0 + $1.bytes } }

  func advance(by tokens: Int, shift: Int?) {
    length += tokens
    self.shift = shift ?? self.shift
  }

  func append(key: Tensor, value: Tensor, toLayer layer: Int) { layers[layer].append(key: key, value: value) }

  /// What a query of this sequence sees in a layer, oldest first.
  func spans(inLayer layer: Int) -> [KeySpan] {
    (parent?.spans(inLayer: layer) ?? []) + [layers[layer].span].compactMap { $0 }
  }
}

/// The rows of one layer, in memory that grows by half when it is full.
private final class LayerCache {
  private(set) var count = 0
  private var capacity = 0
  private var keys = Tensor.zeros([0, 0])
  private var values = Tensor.zeros([0, 0])

  var span: KeySpan? { count > 0 ? .cache(key: keys, value: values, rows: count) : nil }

  var bytes: Int { count * keys.width * 2 * keys.dtype.size }

  func append(key: Tensor, value: Tensor) {
    let needed = count + key.rows
    if needed > capacity {
      capacity = max(needed, capacity + capacity / 2)
      keys = Self.grown(keys, count: count, capacity: capacity, width: key.width)
      values = Self.grown(values, count: count, capacity: capacity, width: value.width)
    }
    (keys.floatPointer + count * keys.width).update(from: key.floatPointer, count: key.count)
    (values.floatPointer + count * values.width).update(from: value.floatPointer, count: value.count)
    count = needed
  }

  private static func grown(_ tensor: Tensor, count: Int, capacity: Int, width: Int) -> Tensor {
    let result = Tensor(uninitialized: [capacity, width])
    if count > 0 { result.floatPointer.update(from: tensor.floatPointer, count: count * width) }
    return result
  }
}
