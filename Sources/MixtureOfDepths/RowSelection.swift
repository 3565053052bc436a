package import Models

extension RoutingConfiguration {
  /// The rows that a routed layer runs when answering, ascending.
  /// - Parameter probabilities: The keep probability of each row of the batch.
  package func rowsToRun(_ batch: PackedBatch, probabilities: UnsafeBufferPointer<Float>) -> [Int] {
    batch.segments.flatMap { segment -> [Int] in
      if segment.isDecoding {
        switch decode {
        case .always: return Array(segment.rows)
        case .threshold(let threshold): return segment.rows.filter { probabilities[$0] >= threshold }
        }
      }
      switch prefill {
      case .threshold(let threshold):
        return segment.rows.filter { probabilities[$0] > threshold }
      case .imageThreshold(let threshold):
        return segment.rows.filter { batch.roles[$0] != .image || probabilities[$0] > threshold }
      case .imageSkip(let share):
        return Self.dropLeast(share, of: segment.rows, probabilities) { batch.roles[$0] == .image }
      }
    }
  }

  /// The rows that a routed layer runs in training: of each sequence's routable rows the best, and all protected ones.
  package func rowsToTrain(_ batch: PackedBatch, probabilities: UnsafeBufferPointer<Float>) -> [Int] {
    batch.segments.flatMap { segment in
      Self.dropLeast(capacityFactor, of: segment.rows, probabilities) { isRoutable(batch.roles[$0]) }
    }
  }

  /// The official rules protect what follows the pictures and nothing in front of them; they also skip any text of a
  /// prompt.
  private var skipsPreamble: Bool { if case .threshold = prefill { true } else { false } }

  private func isRoutable(_ role: RowRole) -> Bool {
    switch (role, protection) {
    case (.image, _), (_, .nothing), (.answer, .question): true
    case (.preamble, _): skipsPreamble
    default: false
    }
  }

  /// `rows` without that share of its candidates whose probability is least; of n candidates ⌈n − share · n⌉ stay, and
  /// of equals the earlier ones.
  private static func dropLeast(
    _ share: Double, of rows: Range<Int>, _ probabilities: UnsafeBufferPointer<Float>,
    _ isCandidate: (Int) -> Bool
  ) -> [Int] {
    // Probabilities are not negative, so their bits order like they do; the row behind them settles ties.
    func key(_ row: Int) -> UInt64 {
      UInt64(probabilities[row].bitPattern) << 32 | UInt64(UInt32.max - UInt32(truncatingIfNeeded: row))
    }
    var keys: [UInt64] = []
    keys.reserveCapacity(rows.count)
    for row in rows where isCandidate(row) { keys.append(key(row)) }
    let kept = Int((Double(keys.count) - share * Double(keys.count)).rounded(.up))
    guard kept < keys.count else { return Array(rows) }
    guard kept > 0 else { return rows.filter { !isCandidate($0) } }
    keys.sort()
    let least = keys[keys.count - kept]
    return rows.filter { !isCandidate($0) || key($0) >= least }
  }
}
