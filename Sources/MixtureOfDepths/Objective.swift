package import Models
package import Tensors

/// What training makes small: the cross entropy of the tokens that a decoder is to name, and what its routers add.
///
/// A step may be computed in pieces. Each is divided by the weight of the whole step's targets and counts with its share in
/// losses that are means over rows, so that with shares by rows losses and gradients of all pieces, however a step is
/// split, add up to those of the undivided step.
package struct Objective: Sendable {
  package let decoder: TransformerDecoder
  /// The factor on the sum of the routers' losses.
  package let routerCoefficient: Double

  package init(_ decoder: TransformerDecoder, routerCoefficient: Double) {
    self.decoder = decoder
    self.routerCoefficient = routerCoefficient
  }

  /// The objective of a model by its own configuration.
  package init(_ model: VisionLanguageModel) {
    self.init(model.decoder, routerCoefficient: model.routing?.routerLossCoefficient ?? 0)
  }

  /// The losses of one piece of a step.
  package struct Losses {
    /// - Shape: `[targets, vocabulary]`
    package let logits: Tensor
    /// Σ over targets of weight · −log p(token), over the weight of the whole step.
    package let answers: Float
    /// What each routed layer adds before any factor, a mean over the piece's rows, in the order of the layers; empty where
    /// the tape does not record.
    package let auxiliary: [Float]
    /// answers + coefficient · share · Σ auxiliary, to take gradients of.
    package let total: Value
  }

  /// Runs the decoder over a batch.
  /// - Parameters:
  ///   - stepWeight: The weight of the whole step's targets; that of these alone if nil.
  ///   - share: The share of the step that this piece is.
  /// - Shape: rows `[batch rows, width]`
  package func losses(
    of rows: Value, in batch: PackedBatch, _ targets: LearningTargets, stepWeight: Double? = nil,
    share: Double = 1, tape: Tape, observer: (any DecoderObserver)? = nil
  ) -> Losses {
    let pass = DecoderPass(batch, tape: tape, observer: observer)
    return losses(
      of: decoder.forward(rows, pass), behind: pass, targets, stepWeight: stepWeight, share: share)
  }

  /// The losses of a pass that has seen all layers.
  /// - Shape: hidden `[batch rows, width]`, before the last norm
  package func losses(
    of hidden: Value, behind pass: DecoderPass, _ targets: LearningTargets, stepWeight: Double? = nil,
    share: Double = 1
  ) -> Losses {
    let tape = pass.tape
    let logits = decoder.logits(decoder.normalize(tape.gather(hidden, rows: targets.rows), tape), tape)
    let answers = tape.crossEntropy(
      logits, targets: targets.tokens.map { Int32($0) }, weights: targets.weights,
      scale: Float(1 / (stepWeight ?? targets.weight)))
    let total = pass.auxiliaryLosses.reduce(answers) {
      tape.add($0, tape.scale($1, by: Float(routerCoefficient * share)))
    }
    return Losses(
      logits: logits.tensor, answers: answers.tensor.scalar,
      auxiliary: pass.auxiliaryLosses.map(\.tensor.scalar), total: total)
  }
}
