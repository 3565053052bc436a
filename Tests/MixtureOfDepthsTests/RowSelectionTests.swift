import Models
import Testing

@testable import MixtureOfDepths

@Suite struct RowSelectionTests {
  private let probabilities: [Float] = [0.9, 0.1, 0.5, 0.005, 0.6, 0.1, 0.4, 0.8, 0.0, 0.5]

  /// Two sequences: image, image, image, prompt, answer; and the same once more.
  private func batch(isDecoding: Bool = false) -> PackedBatch {
    var batch = PackedBatch()
    for _ in 0..<2 {
      batch.append(
        roles: [.image, .image, .image, .prompt, .answer], cache: SequenceCache(layers: 1),
        isDecoding: isDecoding)
    }
    return batch
  }

  private func rows(_ configuration: RoutingConfiguration, isDecoding: Bool = false) -> [Int] {
    probabilities.withUnsafeBufferPointer {
      configuration.rowsToRun(batch(isDecoding: isDecoding), probabilities: $0)
    }
  }

  private func rowsToTrain(_ configuration: RoutingConfiguration) -> [Int] {
    probabilities.withUnsafeBufferPointer { configuration.rowsToTrain(batch(), probabilities: $0) }
  }

  @Test func promptsKeepRowsAboveTheThreshold() {
    var configuration = RoutingConfiguration(layers: [0])
    #expect(rows(configuration) == [0, 1, 2, 4, 5, 6, 7, 9])
    configuration.prefill = .threshold(0.5)
    #expect(rows(configuration) == [0, 4, 7])
    configuration.prefill = .imageThreshold(0.5)
    #expect(rows(configuration) == [0, 3, 4, 7, 8, 9])
    configuration.prefill = .imageSkip(0.5)
    #expect(rows(configuration) == [0, 2, 3, 4, 6, 7, 8, 9])
    configuration.prefill = .imageSkip(1)
    #expect(rows(configuration) == [3, 4, 8, 9])
    configuration.prefill = .imageSkip(0)
    #expect(rows(configuration) == Array(0..<10))
  }

  @Test func generatedTokensRunFromTheThresholdOn() {
    var configuration = RoutingConfiguration(layers: [0])
    #expect(rows(configuration, isDecoding: true) == [0, 2, 4, 7, 9])
    configuration.decode = .always
    #expect(rows(configuration, isDecoding: true) == Array(0..<10))
  }

  @Test func trainingSkipsTheLeastOfWhatIsNotProtected() {
    var configuration = RoutingConfiguration(layers: [0])
    #expect(rowsToTrain(configuration) == [0, 2, 3, 4, 6, 7, 8, 9])
    configuration.protection = .question
    #expect(rowsToTrain(configuration) == [0, 3, 4, 7, 8, 9])
    configuration.protection = .nothing
    #expect(rowsToTrain(configuration) == [0, 2, 4, 6, 7, 9])
    configuration.capacityFactor = 0.34
    #expect(rowsToTrain(configuration) == [0, 1, 2, 4, 5, 6, 7, 9])
    configuration.capacityFactor = 0
    #expect(rowsToTrain(configuration) == Array(0..<10))
  }

  @Test func ofEqualsTheEarlierStay() {
    var configuration = RoutingConfiguration(layers: [0])
    configuration.prefill = .imageSkip(0.5)
    var batch = PackedBatch()
    batch.append(roles: [RowRole](repeating: .image, count: 5))
    let kept = [Float](repeating: 0.5, count: 5).withUnsafeBufferPointer {
      configuration.rowsToRun(batch, probabilities: $0)
    }
    #expect(kept == [0, 1, 2])
  }
}
