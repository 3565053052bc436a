package import Models

extension RoutingConfiguration {
  /// The rows that a routed layer runs, ascending; nil for all.
  ///
  /// Sequences are chosen for each by itself. A row whose probability is NaN runs, so that the answer cannot hide it. A share of image rows is taken of each picture, so that what follows it does
  /// not matter; rules that look further (`RoutingRules.readsWholeSequence`, `trainingSharesPictures`) need whole sequences
  /// as slices.
  /// - Parameters:
  ///   - layer: The layer's place in the decoder.
  ///   - probabilities: The keep probability of each row of the batch; not asked for where it does not matter.
  ///   - isTraining: Whether the rule of training holds instead of those of answering.
  package func rows(
    of batch: PackedBatch, layer: Int, probabilities: @autoclosure () -> [Float], isTraining: Bool
  ) -> [Int]? {
    func choice(_ slice: PackedBatch.Slice) -> Choice {
      self.choice(for: slice, layer: layer, isTraining: isTraining)
    }
    if batch.slices.allSatisfy({ choice($0).isAll }) { return nil }
    let probabilities = probabilities()
    var rows: [Int] = []
    rows.reserveCapacity(batch.rowCount)
    for slice in batch.slices {
      switch choice(slice) {
      case .all: rows += slice.rows
      case .above(let threshold, let imagesOnly):
        rows += slice.rows.lazy.filter {
          imagesOnly && batch.roles[$0] != .image || !(probabilities[$0] <= threshold)
        }
      case .atLeast(let threshold): rows += slice.rows.lazy.filter { !(probabilities[$0] < threshold) }
      case .dropping(let share, let byPicture):
        let groups =
          byPicture ? pictures(slice, batch) : [candidates(slice, batch, isTraining: isTraining)]
        rows += dropLeast(share, slice, batch, layer, probabilities, groups: groups)
      }
    }
    return rows.count == batch.rowCount ? nil : rows
  }

  private enum Choice {
    case all
    case above(Float, imagesOnly: Bool)
    case atLeast(Float)
    /// All but a share of each picture's rows, or of all candidates.
    case dropping(share: Double, byPicture: Bool)

    var isAll: Bool { if case .all = self { true } else { false } }
  }

  private func choice(for slice: PackedBatch.Slice, layer: Int, isTraining: Bool) -> Choice {
    if isTraining {
      let share = share(capacityFactor, skipByLayer, inLayer: layer)
      return share > 0 ? .dropping(share: share, byPicture: trainingSharesPictures && !skipsPreamble) : .all
    }
    let rules = slice.rules as? RoutingRules ?? self.rules
    if rules.isDense { return .all }
    if slice.isDecoding {
      switch rules.decode {
      case .always: return .all
      case .threshold(let threshold): return .atLeast(threshold)
      }
    }
    switch rules.prefill {
    case .threshold(let threshold): return .above(threshold, imagesOnly: false)
    case .imageThreshold(let threshold): return .above(threshold, imagesOnly: true)
    case .imageSkip(let common), .skip(let common):
      let share = share(common, rules.skipByLayer, inLayer: layer)
      return share > 0 ? .dropping(share: share, byPicture: rules.readsWholePictures) : .all
    }
  }

  /// Whether training chooses among no row behind a picture, so that questions about one can share its rows. Otherwise what
  /// these have to compete with depends on the question.
  package var trainingSharesPictures: Bool { protection == .questionAndAnswer }

  /// The official rules protect what follows the pictures and nothing in front of them; they also skip any text of a
  /// prompt.
  private var skipsPreamble: Bool { if case .threshold = prefill { true } else { false } }

  /// The rows of a slice among which a share is chosen that is not one of each picture.
  private func candidates(_ slice: PackedBatch.Slice, _ batch: PackedBatch, isTraining: Bool) -> [Int] {
    guard isTraining else { return Array(slice.rows) }
    return slice.rows.filter { row in
      switch (batch.roles[row], protection) {
      case (.image, _), (_, .nothing), (.answer, .question): true
      case (.preamble, _): skipsPreamble
      default: false
      }
    }
  }

  /// The rows of each picture of a slice.
  private func pictures(_ slice: PackedBatch.Slice, _ batch: PackedBatch) -> [[Int]] {
    var groups: [[Int]] = []
    var last: Int32 = -1
    for row in slice.rows where batch.pictures[row] >= 0 {
      if batch.pictures[row] != last { groups.append([]) }
      last = batch.pictures[row]
      groups[groups.count - 1].append(row)
    }
    return groups
  }

  /// A slice's rows without a share of each group, those whose rank is least; of n rows of a group ⌈n − share · n⌉ stay,
  /// and of equals the earlier ones.
  private func dropLeast(
    _ share: Double, _ slice: PackedBatch.Slice, _ batch: PackedBatch, _ layer: Int, _ probabilities: [Float],
    groups: [[Int]]
  ) -> [Int] {
    let (first, start) = (slice.rows.lowerBound, batch.start(of: slice))
    // Ranks are not negative floats, so their bits order like they do; the row behind them settles ties.
    func key(_ row: Int) -> UInt64 {
      let rank =
        switch rowChoice {
        case .router: probabilities[row].bitPattern
        case .random(let seed): Self.chance(seed: seed, layer: layer, place: start + row - first)
        }
      return UInt64(rank) << 32 | UInt64(UInt32.max - UInt32(truncatingIfNeeded: row))
    }
    var isDropped = [Bool](repeating: false, count: slice.rows.count)
    for group in groups {
      let kept = Int((Double(group.count) - share * Double(group.count)).rounded(.up))
      guard kept < group.count else { continue }
      for dropped in group.map({ (key($0), $0) }).sorted(by: { $0.0 < $1.0 }).dropLast(kept) {
        isDropped[dropped.1 - first] = true
      }
    }
    return slice.rows.filter { !isDropped[$0 - first] }
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
