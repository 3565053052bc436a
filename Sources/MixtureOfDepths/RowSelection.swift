package import Models

extension RoutingConfiguration {
  /// The rows that a routed layer runs when answering, ascending.
  /// - Parameters:
  ///   - layer: The layer's place in the decoder.
  ///   - probabilities: The keep probability of each row of the batch.
  package func rowsToRun(_ batch: PackedBatch, layer: Int, probabilities: UnsafeBufferPointer<Float>) -> [Int]
  {
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
        return dropLeast(share, of: segment, layer, probabilities) { batch.roles[$0] == .image }
      case .skip(let share):
        return dropLeast(share, of: segment, layer, probabilities) { _ in true }
      }
    }
  }

  /// The rows that a routed layer runs in training: of each sequence's routable rows the best, and all protected ones.
  package func rowsToTrain(_ batch: PackedBatch, layer: Int, probabilities: UnsafeBufferPointer<Float>)
    -> [Int]
  {
    batch.segments.flatMap { segment in
      dropLeast(capacityFactor, of: segment, layer, probabilities) { isRoutable(batch.roles[$0]) }
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

  /// A segment's rows without a share of its candidates, those whose rank is least; of n candidates ⌈n − share · n⌉
  /// stay, and of equals the earlier ones.
  private func dropLeast(
    _ common: Double, of segment: PackedBatch.Segment, _ layer: Int,
    _ probabilities: UnsafeBufferPointer<Float>, _ isCandidate: (Int) -> Bool
  ) -> [Int] {
    let (rows, share) = (segment.rows, share(common, inLayer: layer))
    // Ranks are not negative floats, so their bits order like they do; the row behind them settles ties.
    func key(_ row: Int) -> UInt64 {
      let rank =
        switch rowChoice {
        case .router: probabilities[row].bitPattern
        case .random(let seed): Self.chance(seed: seed, layer: layer, place: row - rows.lowerBound)
        }
      return UInt64(rank) << 32 | UInt64(UInt32.max - UInt32(truncatingIfNeeded: row))
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

  /// A number that looks drawn by chance (the finaliser of SplitMix64).
  private static func chance(seed: Int, layer: Int, place: Int) -> UInt32 {
    var bits = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15
    bits ^= UInt64(truncatingIfNeeded: layer) << 40 ^ UInt64(truncatingIfNeeded: place)
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return UInt32(truncatingIfNeeded: bits ^ (bits >> 31))
  }
}
