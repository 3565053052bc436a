package import Models
package import Tensors

/// What a run of a model did in each layer: rows run and skipped, and the floating-point operations that cost.
package final class RoutingTrace: RoutingObserver {
  /// The sums of one layer over all batches that the trace has seen.
  package struct Layer: Sendable, Equatable {
    /// Rows that came in.
    package var rows = 0
    /// Rows that the layer ran.
    package var run = 0
    package var imageRows = 0
    package var imageRowsRun = 0
    package var flops = 0
  }

  package private(set) var layers: [Layer]
  /// The image rows that each layer ran of the last prompt, as places among that prompt's image rows; nil where the
  /// layer is not routed.
  package private(set) var imageRowsRun: [[Int]?]
  private let configuration: DecoderConfiguration

  package init(_ decoder: TransformerDecoder) {
    configuration = decoder.configuration
    layers = decoder.layers.map { _ in Layer() }
    imageRowsRun = decoder.layers.map { _ in nil }
  }

  /// Floating-point operations of all layers, a multiplication and an addition counted as two.
  package var flops: Int { layers.reduce(0) { $0 + $1.flops } }

  /// The share of image rows that routed layers skipped; 0 without image rows or routed layers.
  package func imageSkipRatio(in routed: [Int]) -> Double {
    let rows = routed.reduce(0) { $0 + layers[$1].imageRows }
    let run = routed.reduce(0) { $0 + layers[$1].imageRowsRun }
    return rows > 0 ? 1 - Double(run) / Double(rows) : 0
  }

  /// The share of all rows that routed layers skipped.
  package func skipRatio(in routed: [Int]) -> Double {
    let rows = routed.reduce(0) { $0 + layers[$1].rows }
    let run = routed.reduce(0) { $0 + layers[$1].run }
    return rows > 0 ? 1 - Double(run) / Double(rows) : 0
  }

  package func layer(_ index: Int, finishedWith hidden: Tensor) {
    layers[index].rows += hidden.rows
  }

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem]
  ) {
    layers[index].run += query.rows
    let width = configuration.queryHeads * configuration.headWidth
    let keyWidth = configuration.keyValueHeads * configuration.headWidth
    let perRow =
      2 * configuration.hiddenSize * (2 * width + 2 * keyWidth + 3 * configuration.intermediateSize)
    let seen = items.reduce(0) { $0 + $1.visibleKeys }
    layers[index].flops += query.rows * perRow + 4 * seen * width
  }

  package func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int]
  ) {
    var images = 0
    var run: [Int] = []
    var next = 0
    for (row, role) in batch.roles.enumerated() {
      while next < rows.count, rows[next] < row { next += 1 }
      guard role == .image else { continue }
      if next < rows.count, rows[next] == row { run.append(images) }
      images += 1
    }
    layers[index].imageRows += images
    layers[index].imageRowsRun += run.count
    layers[index].flops += 4 * batch.rowCount * configuration.hiddenSize
    if images > 0 { imageRowsRun[index] = run }
  }
}
