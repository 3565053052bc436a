/// The largest absolute difference; infinite for lists of different lengths, for empty ones, and where a difference is no
/// finite number, so that neither a NaN nor a missing number can pass for close.
package func worstDifference(_ values: [Float], _ expected: [Float]) -> Float {
  guard values.count == expected.count, !values.isEmpty else { return .infinity }
  var worst: Float = 0
  for (value, wanted) in zip(values, expected) {
    let difference = abs(value - wanted)
    guard difference.isFinite else { return .infinity }
    worst = max(worst, difference)
  }
  return worst
}

/// The same against numbers of higher precision.
package func worstDifference(_ values: [Float], _ expected: [Double]) -> Double {
  guard values.count == expected.count, !values.isEmpty else { return .infinity }
  var worst = 0.0
  for (value, wanted) in zip(values, expected) {
    let difference = abs(Double(value) - wanted)
    guard difference.isFinite else { return .infinity }
    worst = max(worst, difference)
  }
  return worst
}

/// The largest difference in parts of the largest number expected, which counts as at least 1.
package func worstRelativeDifference(_ values: [Float], _ expected: [Float]) -> Float {
  worstDifference(values, expected) / expected.reduce(1) { max($0, abs($1)) }
}
