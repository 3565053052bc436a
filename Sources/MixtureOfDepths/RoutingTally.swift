/// What layers did with the rows of some prompts or generated tokens, and the floating-point operations that cost.
package final class RoutingTally {
  /// The sums of one layer.
  package struct Layer: Sendable, Equatable {
    /// Rows that came in.
    package var rows = 0
    /// Rows that the layer ran.
    package var run = 0
    package var imageRows = 0
    package var imageRowsRun = 0
    package var flops = 0
    /// What running all rows would have cost.
    package var denseFLOPs = 0
  }

  package internal(set) var layers: [Layer]
  /// The image rows that each layer ran, as places among all image rows that came in; nil where the layer is not routed.
  package internal(set) var imageRowsRun: [[Int]?]

  package init(layers count: Int) {
    layers = [Layer](repeating: Layer(), count: count)
    imageRowsRun = [[Int]?](repeating: nil, count: count)
  }

  /// Floating-point operations of all layers, a multiplication and an addition counted as two.
  package var flops: Int { layers.reduce(0) { $0 + $1.flops } }

  /// As `flops`, had every layer run every row.
  package var denseFLOPs: Int { layers.reduce(0) { $0 + $1.denseFLOPs } }

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

  /// For each layer the share of rows skipped.
  package var skippedByLayer: [Double] {
    layers.map { $0.rows > 0 ? 1 - Double($0.run) / Double($0.rows) : 0 }
  }
}
