package import Models
package import Tensors

/// Sees what routers decide, besides what every decoder observer sees.
package protocol RoutingObserver: DecoderObserver {
  /// - Parameters:
  ///   - logits: The router's answer for every row of the batch, `[rows, 2]`.
  ///   - probabilities: softmax(logits)[1], `[rows]`.
  ///   - rows: The rows that the layer runs, ascending.
  func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int])
}

/// A layer that runs some rows and passes the others on unchanged.
///
/// A bias-free router, which routed layers usually share, looks at the rows behind the layer's own input norm. The rows that
/// run see each other only and leave keys and values only of themselves. The keep probability multiplies their MLP's
/// output, through which the router learns (γ-MoD, arXiv 2410.13859, and its released code).
package final class RoutedLayer: DecoderLayer {
  package let base: DenseLayer
  /// - Shape: `[2, width]`; the second row's score is for running.
  package let router: Parameter
  package let configuration: RoutingConfiguration
  private let storedName: String

  init(_ base: DenseLayer, router: Parameter, configuration: RoutingConfiguration, storedName: String) {
    self.base = base
    self.router = router
    self.configuration = configuration
    self.storedName = storedName
  }

  package var index: Int { base.index }
  package var parameters: [Parameter] { base.parameters }

  package var storedTensors: [(name: String, parameter: Parameter)] {
    base.storedTensors + [(storedName, router)]
  }

  package func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    let tape = pass.tape
    let normed = base.inputNorm(hidden, tape)
    let logits = tape.linear(normed, router)
    let probabilities = tape.secondClassProbability(logits)
    let rows = probabilities.tensor.withFloats {
      tape.records
        ? configuration.rowsToTrain(pass.batch, layer: index, probabilities: $0)
        : configuration.rowsToRun(pass.batch, layer: index, probabilities: $0)
    }
    (pass.observer as? any RoutingObserver)?
      .layer(
        index, routed: pass.batch, logits: logits.tensor, probabilities: probabilities.tensor, running: rows)
    if tape.records {
      var targets = [Int32](repeating: 0, count: hidden.rows)
      for row in rows { targets[row] = 1 }
      pass.auxiliaryLosses.append(tape.crossEntropy(logits, targets: targets, scale: 1 / Float(hidden.rows)))
    }
    guard !rows.isEmpty else { return hidden }
    let plan = LayerPlan(pass.batch, layer: index, rows: rows, positions: configuration.positions)
    guard rows.count < hidden.rows else {
      return base.run(hidden, normed: normed, plan: plan, gate: probabilities, pass)
    }
    let changed = base.run(
      tape.gather(hidden, rows: rows), normed: tape.gather(normed, rows: rows), plan: plan,
      gate: tape.gather(probabilities, rows: rows), pass)
    return tape.replace(hidden, rows: rows, with: changed)
  }
}
