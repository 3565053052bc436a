/// How bytes become floating-point samples: times a factor, minus the mean, divided by the deviation.
package struct SampleNormalization: Sendable, Equatable {
  /// Nil leaves samples at 0…255 (`do_rescale: false`).
  package var rescaleFactor: Double? = 1.0 / 255.0
  /// Whether mean and standard deviation are applied (`do_normalize`).
  package var normalizes = true
  /// Per channel, for samples of 0…1.
  package var mean: [Double]
  package var standardDeviation: [Double]

  package init(mean: [Double], standardDeviation: [Double]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// CLIP's.
  package static let clip = SampleNormalization(
    mean: [0.48145466, 0.4578275, 0.40821073], standardDeviation: [0.26862954, 0.26130258, 0.27577711])
  /// −1…1.
  package static let symmetric = SampleNormalization(
    mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])

  /// - Throws: `ImageError.invalidRequest` unless there are three means and three deviations other than 0.
  func scaling() throws -> SampleScaling {
    try SampleScaling(
      rescaleFactor: rescaleFactor, mean: normalizes ? mean : [0, 0, 0],
      standardDeviation: normalizes ? standardDeviation : [1, 1, 1])
  }
}
