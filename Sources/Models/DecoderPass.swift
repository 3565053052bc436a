package import Tensors

/// One run of a decoder over one packed batch, with what its layers have in common.
package final class DecoderPass {
  package let tape: Tape
  package let batch: PackedBatch
  package let observer: (any DecoderObserver)?
  /// What layers want added to the training loss, in the order of the layers.
  package var auxiliaryLosses: [Value] = []
  /// The rows that are left for the layers that follow, ascending, once a layer has dropped some.
  package var rowsLeft: [Int]?
  /// The plan of layers that run every row at its place in its sequence.
  package let plan: LayerPlan
  /// Whether `shouldStop` ended the run before the last layer; the rows then mean nothing.
  package private(set) var wasStopped = false
  private let shouldStop: () -> Bool
  private var lastPlan: (rows: [Int], plan: LayerPlan)?
  private lazy var axes = batch.axisPlaces()
  private var composed: RotaryTable?

  /// - Parameter shouldStop: Asked in front of every layer.
  package init(
    _ batch: PackedBatch, tape: Tape, observer: (any DecoderObserver)? = nil,
    shouldStop: @escaping () -> Bool = { false }
  ) {
    self.batch = batch
    self.tape = tape
    self.observer = observer
    self.shouldStop = shouldStop
    plan = LayerPlan(batch)
  }

  /// The plan of a layer that runs some rows, ascending.
  package func plan(layer: Int, rows: [Int], positions: LayerPlan.Positions = .original) -> LayerPlan {
    guard positions == .original else {
      return LayerPlan(plan, layer: layer, rows: rows, positions: positions)
    }
    if rows.count == batch.rowCount { return plan }
    // Layers that follow each other often choose the same rows.
    if let lastPlan, lastPlan.rows == rows { return lastPlan.plan }
    let result = LayerPlan(plan, layer: layer, rows: rows, positions: positions)
    lastPlan = (rows, result)
    return result
  }

  /// The angles by which a plan's rows turn: positions of the decoder's table or, where rows stand on several axes, of one
  /// that is made once for the batch. Places on axes are always those of the whole sequence.
  /// - Parameter pairs: The axis of each pair of a head; nil where a position is one number.
  func turns(of plan: LayerPlan, _ rotary: RotaryTable, axes pairs: [Int]?) -> (RotaryTable, [Int32]) {
    guard let pairs, let axes else { return (rotary, plan.positions) }
    let table = composed ?? rotary.composed(of: axes, axes: pairs)
    composed = table
    return (table, plan.rows)
  }

  /// Whether the run should go on with the next layer.
  func goesOn() -> Bool {
    if shouldStop() { wasStopped = true }
    return !wasStopped
  }
}
