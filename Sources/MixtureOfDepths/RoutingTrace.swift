package import Models
package import Tensors

/// Counts what layers do, for each sequence of a batch by itself or for all together.
package final class RoutingTrace: RoutingObserver {
  /// Where to count: one tally for each slice of the batch that runs, or one for all.
  package var tallies: [RoutingTally]
  private let configuration: DecoderConfiguration
  private let next: (any DecoderObserver)?

  /// Counts everything in one tally until others are set.
  /// - Parameter next: Sees everything as well.
  package init(_ decoder: TransformerDecoder, telling next: (any DecoderObserver)? = nil) {
    self.next = next
    configuration = decoder.configuration
    tallies = [RoutingTally(layers: decoder.layers.count)]
  }

  /// The first tally: that of everything, unless others were set.
  package var total: RoutingTally { tallies[0] }

  private func tally(_ slice: Int) -> RoutingTally { tallies[tallies.count == 1 ? 0 : slice] }

  package func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {
    next?.layer(index, of: batch, finishedWith: hidden)
    for (number, slice) in batch.slices.enumerated() {
      let (start, count) = (batch.start(of: slice), slice.rows.count)
      tally(number).layers[index].rows += count
      if let convolution = configuration.convolution, convolution.layers[index] {
        // Which tells nobody what it attends.
        let flops = flops(rows: count, convolution)
        tally(number).layers[index].run += count
        tally(number).layers[index].denseFLOPs += flops
        tally(number).layers[index].flops += flops
        continue
      }
      let window = configuration.windows[index] ?? .max
      let ahead = configuration.picturesSeeThemselves ? batch.restOfPictures(Array(slice.rows)) : nil
      let pairs = (start..<start + count).reduce(ahead?.reduce(0) { $0 + Int($1) } ?? 0) {
        $0 + min($1 + 1, window)
      }
      tally(number).layers[index].denseFLOPs += flops(rows: count, pairs: pairs)
    }
  }

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    next?.layer(index, attends: query, key: key, heads: heads, items: items, of: plan)
    var next = 0
    for (slice, range) in plan.ranges.enumerated() where !range.isEmpty {
      let tally = tally(slice)
      tally.layers[index].run += range.count
      tally.layers[index].flops += flops(rows: range.count, pairs: items[next].visibleKeys)
      next += 1
    }
  }

  /// What a layer costs.
  /// - Parameter pairs: Of a query and a key that it sees.
  private func flops(rows: Int, pairs: Int) -> Int {
    let width = configuration.queryHeads * configuration.headWidth
    let keyWidth = configuration.keyValueHeads * configuration.headWidth
    let perRow =
      2 * configuration.hiddenSize * (2 * width + 2 * keyWidth + 3 * configuration.intermediateSize)
    return rows * perRow + 4 * pairs * width
  }

  private func flops(rows: Int, _ convolution: ConvolutionConfiguration) -> Int {
    let (width, inner) = (configuration.hiddenSize, configuration.intermediateSize)
    return 2 * rows * width * (4 * width + convolution.length + 3 * inner)
  }

  package func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int]
  ) {
    (next as? any RoutingObserver)?
      .layer(index, routed: batch, logits: logits, probabilities: probabilities, running: rows)
    var next = 0
    for (number, slice) in batch.slices.enumerated() {
      let tally = tally(number)
      var images = tally.layers[index].imageRows
      var run: [Int] = []
      for row in slice.rows {
        let isRunning = next < rows.count && rows[next] == row
        if isRunning { next += 1 }
        guard batch.roles[row] == .image else { continue }
        if isRunning { run.append(images) }
        images += 1
      }
      tally.layers[index].imageRows = images
      tally.layers[index].imageRowsRun += run.count
      tally.layers[index].flops += 4 * slice.rows.count * configuration.hiddenSize
      if images > 0 { tally.imageRowsRun[index] = (tally.imageRowsRun[index] ?? []) + run }
    }
  }
}
