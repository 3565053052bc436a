package import Tensors

/// What a run learns: pieces of work, each with a loss.
package protocol TrainingTask: Sendable {
  /// Parameters that the task itself adds to the model's, such as embeddings of symbols.
  var ownParameters: [Parameter] { get }
  /// What should be known before the run: samples that teach nothing, or only a part of what they hold.
  /// - Parameter first: The number of the first sample.
  /// - Throws: If none of the first samples teaches anything.
  func notices(before first: Int) throws -> [String]
  /// The work of some samples to learn from, by their numbers, which go on for ever.
  func piece(samples: Range<Int>) throws -> any TrainingPiece
  /// Named measurements on some held-out samples; each value is a sum and a count.
  func validate(samples: Range<Int>, tape: Tape) throws -> Measurements
}

extension TrainingTask {
  package var ownParameters: [Parameter] { [] }
  package func notices(before first: Int) throws -> [String] { [] }
}

/// Work for one backward pass.
package protocol TrainingPiece {
  /// The weight of the targets that the loss is a sum over; the losses of a step are divided by that of all its pieces.
  var targets: Double { get }
  /// Rows that the decoder or tower processes, for the speed display.
  var rows: Int { get }
  /// - Parameters:
  ///   - targets: The weight of the targets of the whole step.
  ///   - share: This piece's share of the step, for losses that are means over rows.
  /// - Returns: The loss and what to show of it.
  func loss(targets: Double, share: Double, tape: Tape) throws -> (Value, Measurements)
}

extension TrainingPiece {
  /// The measurements of a piece that is a step of its own.
  package func measurements(_ tape: Tape) throws -> Measurements {
    try loss(targets: targets, share: 1, tape: tape).1
  }
}
