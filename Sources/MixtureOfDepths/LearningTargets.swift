/// Rows of a packed batch whose next token is learnt.
package struct LearningTargets: Sendable {
  package private(set) var rows: [Int] = []
  /// The token that each row is to name.
  package private(set) var tokens: [Int] = []
  /// How much each row counts.
  package private(set) var weights: [Float] = []

  package init() {}

  /// The sum of all weights.
  package var weight: Double { weights.reduce(0) { $0 + Double($1) } }

  /// Adds an answer that follows a row.
  /// - Parameter weights: How much each of its tokens counts.
  package mutating func append(_ answer: [Int], behind row: Int, weights: [Float]) {
    precondition(answer.count == weights.count)
    rows += answer.indices.map { row + $0 }
    tokens += answer
    self.weights += weights
  }

  /// Adds what is learnt of a whole sequence: each row is to name the label of the row behind it.
  /// - Parameters:
  ///   - labels: One for each row; those of rows that nothing is learnt of are negative.
  ///   - start: The row of the batch with which the sequence begins.
  package mutating func append(labels: [Int], at start: Int) {
    for (row, label) in labels.dropFirst().enumerated() where label >= 0 {
      append([label], behind: start + row, weights: [1])
    }
  }
}
