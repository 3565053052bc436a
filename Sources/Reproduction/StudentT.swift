internal import Foundation

/// Whether the mean of a few measurements differs from zero (Student's t test).
enum StudentT {
  /// How likely a mean at least so far from zero is if the true one is zero, on either side; nil for fewer than two
  /// measurements, which say nothing about how they scatter.
  static func probability(_ spread: Spread) -> Double? {
    guard spread.count > 1 else { return nil }
    guard spread.deviation > 0 else { return spread.mean == 0 ? 1 : 0 }
    return probability(abs(spread.mean) / spread.standardError, degreesOfFreedom: spread.count - 1)
  }

  /// 1 − A(t|ν) by the finite sums for whole ν (Abramowitz and Stegun 26.7.3 and 26.7.4).
  static func probability(_ t: Double, degreesOfFreedom count: Int) -> Double {
    let angle = atan(t / Double(count).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = count % 2 == 1
    // Each term is the one before times cos² and (k − 1)/k.
    var (term, sum) = (isOdd ? cosine : 1, 0.0)
    for k in stride(from: isOdd ? 3 : 2, through: count, by: 2) {
      sum += term
      term *= cosine * cosine * Double(k - 1) / Double(k)
    }
    return max(0, isOdd ? 1 - 2 / .pi * (angle + sine * sum) : 1 - sine * sum)
  }

  /// Probabilities of several tests that are judged at once, so raised that the chance of even one wrong decision stays
  /// below the level (Holm's method), in the order given.
  static func adjusted(_ probabilities: [Double]) -> [Double] {
    var result = probabilities
    var largest = 0.0
    for (rank, index) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] })
      .enumerated()
    {
      largest = max(largest, min(1, probabilities[index] * Double(probabilities.count - rank)))
      result[index] = largest
    }
    return result
  }
}
