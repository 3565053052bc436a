internal import Tensors

/// Which rows of a packed batch one layer runs, at which positions, and what they see.
package struct LayerPlan {
  /// How positions are counted in a layer that does not run every row.
  package enum Positions: String, Sendable, CaseIterable {
    /// 0, 1, 2, … over the rows that this layer runs; decoding goes on from the layer's own cache.
    case compact
    /// As `compact` within a prompt; a generated row has its place in the whole sequence.
    case promptCompact = "prompt-compact"
    /// A row's place in the whole sequence.
    case original
  }

  /// One per row that runs.
  package let positions: [Int32]
  /// The rows' positions in time, rows and columns, where the model counts on several axes; nil otherwise. They are
  /// always those of the whole sequence.
  let axes: [SIMD3<Int32>]?
  private let layer: Int
  private let batch: PackedBatch
  /// The rows of each segment among those that run.
  private let ranges: [Range<Int>]

  /// - Parameter rows: The rows that run, ascending; nil for all.
  package init(_ batch: PackedBatch, layer: Int, rows: [Int]? = nil, positions kind: Positions = .original) {
    self.batch = batch
    self.layer = layer
    ranges = Self.ranges(batch, rows: rows)
    var positions: [Int32] = []
    for (segment, range) in zip(batch.segments, ranges) {
      let isCompact = kind == .compact || kind == .promptCompact && !segment.isDecoding
      if !isCompact {
        let start = batch.start(of: segment)
        positions += range.map { index in
          let place = (rows?[index] ?? index) - segment.rows.lowerBound
          return Int32(start + (segment.places?[place] ?? place))
        }
      } else {
        let start = Self.count(before: segment, batch, ranges, layer: layer)
        positions += (0..<range.count).map { Int32(start + $0) }
      }
    }
    self.positions = positions
    axes = Self.axes(batch, rows: rows, ranges)
  }

  private static func axes(_ batch: PackedBatch, rows: [Int]?, _ ranges: [Range<Int>]) -> [SIMD3<Int32>]? {
    guard batch.hasAxes else { return nil }
    return zip(batch.segments, ranges).flatMap { segment, range in
      let (start, shift) = (batch.start(of: segment), batch.shift(before: segment))
      return range.map { index in
        let place = (rows?[index] ?? index) - segment.rows.lowerBound
        let scalar = Int32(start + shift + (segment.places?[place] ?? place))
        return segment.axes?.places[place] ?? SIMD3(repeating: scalar)
      }
    }
  }

  /// The rows of each segment among those that run.
  private static func ranges(_ batch: PackedBatch, rows: [Int]?) -> [Range<Int>] {
    guard let rows else { return batch.segments.map(\.rows) }
    var next = 0
    return batch.segments.map { segment in
      let first = next
      while next < rows.count, rows[next] < segment.rows.upperBound { next += 1 }
      return first..<next
    }
  }

  /// How many rows run.
  package var count: Int { positions.count }

  /// How many rows of its sequence the layer has run, or runs in this batch, in front of a segment.
  private static func count(
    before segment: PackedBatch.Segment, _ batch: PackedBatch, _ ranges: [Range<Int>], layer: Int
  ) -> Int {
    if let cache = segment.cache {
      return cache.rows(inLayer: layer)
        + batch.segments(continuedBy: cache).reduce(0) { $0 + ranges[$1].count }
    }
    guard let parent = segment.parent else { return 0 }
    return ranges[parent].count + count(before: batch.segments[parent], batch, ranges, layer: layer)
  }

  /// What each run of queries sees, once their own keys and values are known; these go into the caches.
  /// - Parameter window: The most rows that a query sees, of those that this layer ran; nil for all.
  func attentionItems(key: Tensor, value: Tensor, heads: AttentionHeads, window: Int?, backend: Backend)
    -> [AttentionItem]
  {
    for (segment, range) in zip(batch.segments, ranges) where !range.isEmpty {
      segment.cache?.append(
        key: key.rows(range), value: value.rows(range), heads: heads, toLayer: layer, backend: backend)
    }
    return zip(batch.segments, ranges).compactMap { segment, range in
      guard !range.isEmpty else { return nil }
      let spans = segment.cache?.spans(inLayer: layer) ?? spans(of: segment, ending: range)
      return AttentionItem(queries: range, spans: spans, isCausal: true, window: window)
    }
  }

  private func spans(of segment: PackedBatch.Segment, ending range: Range<Int>) -> [KeySpan] {
    let own = range.isEmpty ? [] : [KeySpan.rows(range)]
    guard let parent = segment.parent else { return own }
    return spans(of: batch.segments[parent], ending: ranges[parent]) + own
  }
}
