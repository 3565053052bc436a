internal import Foundation

/// The mean of some measurements and how they scatter.
struct Spread {
  let mean: Double
  /// The standard deviation of the sample; 0 for fewer than two values.
  let deviation: Double
  let count: Int

  init(_ values: [Double]) {
    count = values.count
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
  }

  /// Of the mean.
  var standardError: Double { deviation / Double(max(1, count)).squareRoot() }

  /// "90.1 ± 0.3"
  var text: String {
    count > 1 ? String(format: "%.1f ± %.1f", mean, deviation) : String(format: "%.1f", mean)
  }
}
