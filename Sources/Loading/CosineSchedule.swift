internal import Foundation

/// Skip shares that grow with depth, as in p-MoD (arXiv 2412.04449): the share of rows that layer i of n runs follows
/// cos(iπ/(n − 1))/2 + 0.5, moved so that the mean over all layers is the wanted one.
///
/// As there, a layer that would run more than 0.85 of the rows is dense, and none runs fewer than 0.15.
struct CosineSchedule {
  private static let dense = 0.85
  private static let least = 0.15
  /// The largest mean share that the layers may skip.
  static let maximalSkip = 1 - least

  /// The layers that skip anything, ascending, and their shares.
  let layers: [Int]
  let shares: [Double]

  /// - Parameter skip: The mean over all layers of the share that is skipped, up to `maximalSkip`.
  init(layerCount: Int, skip: Double) {
    // Skipping falls as the curve moves up, with jumps where layers become dense; the scale closes what they leave.
    var (low, high) = (-1.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if Self.mean(Self.shares(layerCount, shift: middle)) > skip { low = middle } else { high = middle }
    }
    var shares = Self.shares(layerCount, shift: low)
    let surplus = Self.mean(shares)
    if surplus > skip, surplus > 0 { shares = shares.map { $0 * skip / surplus } }
    layers = shares.indices.filter { shares[$0] > 0 }
    self.shares = layers.map { shares[$0] }
  }

  private static func shares(_ count: Int, shift: Double) -> [Double] {
    (0..<count).map { layer in
      let run = shift + cos(Double(layer) * Double.pi / Double(max(1, count - 1))) / 2 + 0.5
      return run > dense ? 0 : 1 - max(run, least)
    }
  }

  private static func mean(_ shares: [Double]) -> Double {
    shares.reduce(0, +) / Double(max(1, shares.count))
  }
}
