package import Tensors

/// What a run learns: pieces of work, each with a loss.
package protocol TrainingTask: Sendable {
  /// Parameters that the task itself adds to the model's, such as embeddings of symbols.
  var ownParameters: [Parameter] { get }
  /// The work of some pictures of the world's training split, by their numbers.
  func piece(pictures: Range<Int>) throws -> any TrainingPiece
  /// Named measurements on some pictures of the validation split; each value is a sum and a count.
  func validate(pictures: Range<Int>, tape: Tape) throws -> Measurements
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

/// Sums and counts by name, so that parts can be added up and means taken at the end.
package struct Measurements: Sendable {
  package private(set) var sums: [String: (sum: Double, count: Double)] = [:]

  package init() {}

  package mutating func add(_ name: String, _ value: Double, count: Double = 1) {
    let old = sums[name] ?? (0, 0)
    sums[name] = (old.sum + value, old.count + count)
  }

  package mutating func add(_ other: Measurements) {
    for (name, entry) in other.sums { add(name, entry.sum, count: entry.count) }
  }

  /// The mean of each name.
  package var means: [(name: String, value: Double)] {
    sums.keys.sorted().map { ($0, (sums[$0]?.sum ?? 0) / max(1e-12, sums[$0]?.count ?? 0)) }
  }

  package func mean(_ name: String) -> Double? { sums[name].map { $0.sum / max(1e-12, $0.count) } }
}
