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
  /// Of each row that runs, where it stands in the batch.
  package let rows: [Int32]
  /// The rows of each slice among those that run.
  package let ranges: [Range<Int>]
  private let batch: PackedBatch
  /// The places of the rows that run, in their sequences; nil if all rows of the batch run.
  private let places: [Int32]?

  /// A plan that runs every row at its place in its sequence.
  init(_ batch: PackedBatch) {
    self.batch = batch
    ranges = batch.slices.map(\.rows)
    rows = (0..<Int32(batch.rowCount)).map { $0 }
    positions = batch.slices.flatMap { slice in
      let start = batch.start(of: slice)
      return slice.rows.map { row in
        let place = row - slice.rows.lowerBound
        return Int32(start + (slice.places?[place] ?? place))
      }
    }
    places = nil
  }

  /// A plan for some rows of a batch.
  /// - Parameters:
  ///   - all: The plan of all rows.
  ///   - layer: Whose earlier rows count where positions are compact.
  ///   - rows: The rows that run, ascending.
  init(_ all: LayerPlan, layer: Int, rows: [Int], positions kind: Positions) {
    let batch = all.batch
    self.batch = batch
    self.rows = rows.map { Int32($0) }
    var next = 0
    let ranges = batch.slices.map { slice in
      let first = next
      while next < rows.count, rows[next] < slice.rows.upperBound { next += 1 }
      return first..<next
    }
    self.ranges = ranges
    let places = rows.map { all.positions[$0] }
    var positions = places
    for (slice, range) in zip(batch.slices, ranges)
    where kind == .compact || kind == .promptCompact && !slice.isDecoding {
      let start = Self.count(before: slice, batch, ranges, layer: layer)
      for index in range { positions[index] = Int32(start + index - range.lowerBound) }
    }
    self.positions = positions
    self.places = rows.count < batch.rowCount ? places : nil
  }

  /// How many rows run.
  package var count: Int { positions.count }

  /// How many rows of its sequence the layer has run, or runs in this batch, in front of a slice.
  private static func count(
    before slice: PackedBatch.Slice, _ batch: PackedBatch, _ ranges: [Range<Int>], layer: Int
  ) -> Int {
    if let cache = slice.cache { return cache.rows(inLayer: layer) }
    guard let parent = slice.parent else { return 0 }
    return ranges[parent].count + count(before: batch.slices[parent], batch, ranges, layer: layer)
  }

  /// What the rows of each slice see, in the order of the slices that have any, once their own keys and values are known;
  /// these go into the caches.
  /// - Parameters:
  ///   - window: The most rows up to its own that a query sees, of those that this layer ran; nil for all.
  ///   - picturesSeeThemselves: Whether a picture's rows see those of its rows behind them that this layer runs, too.
  func attentionItems(
    layer: Int, key: Tensor, value: Tensor, heads: AttentionHeads, window: Int?, picturesSeeThemselves: Bool,
    backend: Backend
  ) -> [AttentionItem] {
    var items: [AttentionItem] = []
    items.reserveCapacity(ranges.count)
    for (slice, range) in zip(batch.slices, ranges) where !range.isEmpty {
      guard let cache = slice.cache else {
        items.append(
          AttentionItem(
            queries: range, spans: spans(of: slice, ending: range), isCausal: true, window: window,
            ahead: picturesSeeThemselves ? batch.restOfPictures(rows[range].map { Int($0) }) : nil))
        continue
      }
      cache.append(
        key: key.rows(range), value: value.rows(range), heads: heads, toLayer: layer,
        places: places.map { $0[range] }, backend: backend)
      items.append(
        AttentionItem(
          queries: range, spans: cache.spans(inLayer: layer), isCausal: true, window: window,
          ahead: picturesSeeThemselves ? batch.restOfPictures(rows[range].map { Int($0) }) : nil))
    }
    return items
  }

  private func spans(of slice: PackedBatch.Slice, ending range: Range<Int>) -> [KeySpan] {
    let own = range.isEmpty ? [] : [KeySpan.rows(range)]
    guard let parent = slice.parent else { return own }
    return spans(of: batch.slices[parent], ending: ranges[parent]) + own
  }
}
