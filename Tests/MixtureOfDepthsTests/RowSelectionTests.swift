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
    configuration.rows(
      of: batch(isDecoding: isDecoding), layer: 0, probabilities: probabilities, isTraining: false)
      ?? Array(0..<10)
  }

  private func rowsToTrain(_ configuration: RoutingConfiguration) -> [Int] {
    configuration.rows(of: batch(), layer: 0, probabilities: probabilities, isTraining: true)
      ?? Array(0..<10)
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
    configuration.prefill = .skip(0.4)
    #expect(rows(configuration) == [0, 2, 4, 6, 7, 9])
  }

  @Test func depthDecidesHowManyWhereItIsAsked() {
    var configuration = RoutingConfiguration(layers: [3, 5, 7])
    configuration.prefill = .imageSkip(0.5)
    configuration.skipByLayer = [0, 0.5, 1]
    func kept(_ layer: Int) -> (run: [Int], trained: [Int]) {
      let kept = [false, true].map {
        configuration.rows(of: batch(), layer: layer, probabilities: probabilities, isTraining: $0)
          ?? Array(0..<10)
      }
      return (kept[0], kept[1])
    }
    #expect(kept(3) == (Array(0..<10), Array(0..<10)))
    #expect(kept(5) == ([0, 2, 3, 4, 6, 7, 8, 9], [0, 2, 3, 4, 6, 7, 8, 9]))
    #expect(kept(7) == ([3, 4, 8, 9], [3, 4, 8, 9]))
  }

  /// Chance takes the same places of every sequence, others in other layers and with other seeds, each about as often.
  @Test func chanceKnowsPlacesAndNothingElse() {
    var configuration = RoutingConfiguration(layers: [0])
    configuration.prefill = .imageSkip(0.5)
    var batch = PackedBatch()
    for _ in 0..<2 { batch.append(roles: [RowRole](repeating: .image, count: 64)) }
    let flat = [Float](repeating: 0.5, count: 128)
    func kept(_ layer: Int, seed: Int) -> [Int] {
      configuration.rowChoice = .random(seed: seed)
      return configuration.rows(of: batch, layer: layer, probabilities: flat, isTraining: false) ?? []
    }
    let first = kept(0, seed: 1)
    #expect(first.count == 64)
    #expect(first.prefix(32).map { $0 + 64 } == Array(first.suffix(32)))
    #expect(first == kept(0, seed: 1))
    var counts = [Int](repeating: 0, count: 64)
    for layer in 0..<40 {
      for seed in 0..<5 {
        let places = kept(layer, seed: seed).prefix(32)
        #expect(layer == 0 && seed == 1 || Array(places) != Array(first.prefix(32)))
        for place in places { counts[place] += 1 }
      }
    }
    #expect(counts.allSatisfy { (60...140).contains($0) }, "\(counts)")
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
    let kept = configuration.rows(
      of: batch, layer: 0, probabilities: [Float](repeating: 0.5, count: 5), isTraining: false)
    #expect(kept == [0, 1, 2])
  }

  /// A share is taken of each picture by itself, its tiles together, so that no other picture and no text matters.
  @Test func everyPictureIsChosenFromByItself() {
    var configuration = RoutingConfiguration(layers: [0])
    configuration.prefill = .imageSkip(0.5)
    var batch = PackedBatch()
    let roles: [RowRole] = [.image, .prompt, .image, .image, .image, .image, .image, .prompt]
    batch.append(roles: roles, pictures: [0, -1, 0, 0, 0, 1, 1, -1])
    let probabilities: [Float] = [0.1, 0, 0.2, 0.9, 0.8, 0.01, 0.02, 0]
    #expect(
      configuration.rows(of: batch, layer: 0, probabilities: probabilities, isTraining: false)
        == [1, 3, 4, 6, 7])
  }

  @Test func sequencesMayHaveRulesOfTheirOwn() {
    let configuration = RoutingConfiguration(layers: [0])
    var batch = PackedBatch()
    let rules = [
      RoutingRules.dense, RoutingRules(prefill: .imageSkip(0.5), decode: .always),
      RoutingRules(prefill: .threshold(0.55), decode: .always), nil,
    ]
    for rules in rules {
      batch.append(
        roles: [.image, .image, .prompt], cache: SequenceCache(layers: 1), isDecoding: false, rules: rules)
    }
    let probabilities = [[Float]](repeating: [0.001, 0.6, 0.5], count: 4).flatMap { $0 }
    #expect(
      configuration.rows(of: batch, layer: 0, probabilities: probabilities, isTraining: false)
        == [0, 1, 2, 4, 5, 7, 10, 11])
  }
}
