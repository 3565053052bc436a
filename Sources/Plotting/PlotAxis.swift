import Foundation

/// The range that an axis shows and where it is marked: the values' range, widened to multiples of a round step.
struct PlotAxis {
  let marks: [Double]
  private let low: Double
  private let high: Double
  private let decimals: Int

  /// - Parameter values: Those that are no numbers of a sensible size are left out.
  init(_ values: [Double]) {
    let finite = values.filter { abs($0) < 1e300 }
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 0)
    let step = Self.step(most - least > 0 ? most - least : max(abs(most), 1))
    // A hair beyond a multiple is no reason for another step.
    let first = (least / step + 1e-9).rounded(.down)
    let last = max((most / step - 1e-9).rounded(.up), first + 1)
    (low, high) = (first * step, last * step)
    marks = stride(from: first, through: last, by: 1).map { $0 * step }
    decimals = min(max(0, -Int(log10(step).rounded(.down))), 9)
  }

  /// 1, 2 or 5 times a power of ten, so that a range has four to nine steps.
  private static func step(_ range: Double) -> Double {
    let power = pow(10, log10(range / 4).rounded(.down))
    return power * ([5, 2].first { $0 * power <= range / 4 } ?? 1)
  }

  /// Where a value lies between the axis' ends, 0…1.
  func share(_ value: Double) -> Double { abs(value) < 1e300 ? (value - low) / (high - low) : 0 }

  func label(_ value: Double) -> String { String(format: "%.\(decimals)f", value) }
}
