import ModelTesting
import Models
import Tensors
import Testing

@testable import MixtureOfDepths

@Suite struct ThresholdCalibrationTests {
  @Test func thresholdSkipsTheWantedShareOfImageRows() throws {
    let calibration = ThresholdCalibration()
    #expect(calibration.threshold(skip: 0.5) == nil)
    var batch = PackedBatch()
    batch.append(roles: [.preamble] + [RowRole](repeating: .image, count: 100) + [.prompt, .prompt])
    let values: [Float] = [0.99] + (0..<100).map { Float(($0 * 37) % 100) / 100 } + [0.5, 0]
    let probabilities = Tensor(values, shape: [values.count])
    for layer in [1, 2] {
      calibration.layer(
        layer, routed: batch, logits: .zeros([values.count, 2]), probabilities: probabilities, running: [])
    }
    for skip in [0, 0.1, 0.34, 0.51, 1] {
      var configuration = RoutingConfiguration(layers: [1])
      configuration.prefill = .imageThreshold(try #require(calibration.threshold(skip: skip)))
      let run =
        configuration.rows(of: batch, layer: 1, probabilities: values, isTraining: false)
        ?? Array(0..<batch.rowCount)
      // A row of probability 0 is never above a threshold.
      let expected = 103 - max(1, Int((skip * 100).rounded()))
      #expect(run.count == expected, "\(skip): \(run.count)")
    }
  }
}
