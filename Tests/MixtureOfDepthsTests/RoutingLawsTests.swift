import Comparing
import ModelTesting
import Tensors
import Testing

@testable import MixtureOfDepths
@testable import Models

/// What must hold for routed layers, whatever the weights.
@Suite struct RoutingLawsTests {
  private let dense: VisionLanguageModel
  private let router = TinyModel.router(seed: 71)
  private let routedLayers = [1, 2]

  init() throws { dense = try TinyModel.dense(seed: 71) }

  private func routed(
    positions: LayerPlan.Positions = .compact, router: Parameter? = nil, capacityFactor: Double = 0.5
  ) -> TransformerDecoder {
    var configuration = RoutingConfiguration(layers: routedLayers, capacityFactor: capacityFactor)
    configuration.prefill = .threshold(0.5)
    configuration.positions = positions
    return dense.routed(configuration, router: router ?? self.router).decoder
  }

  private func roles(_ images: Int, _ prompt: Int) -> [RowRole] {
    [RowRole](repeating: .image, count: images) + [RowRole](repeating: .prompt, count: prompt)
  }

  /// Rows with a large first number, and a router that looks at nothing else, so that p is exactly 1, or 0.
  private func certain(keeping: Bool, _ count: Int, seed: UInt64) -> (rows: Tensor, router: Parameter) {
    var values = TinyModel.rows(count, seed: seed).floats()
    for row in 0..<count { values[row * TinyModel.width] = 30 }
    var weights = [Float](repeating: 0, count: 2 * TinyModel.width)
    (weights[0], weights[TinyModel.width]) = keeping ? (-200, 200) : (200, -200)
    return (
      Tensor(values, shape: [count, TinyModel.width]),
      Parameter(name: "router.weight", tensor: Tensor(weights, shape: [2, TinyModel.width]))
    )
  }

  @Test func keepingEverythingIsDenseToTheBit() throws {
    let (rows, router) = certain(keeping: true, 30, seed: 72)
    for positions in LayerPlan.Positions.allCases {
      for backend in Backend.all {
        let decoders = [dense.decoder, routed(positions: positions, router: router)]
        let caches = decoders.map { _ in SequenceCache(layers: TinyModel.layers) }
        for step in [0..<24, 24..<25, 25..<26, 26..<30] {
          let runs = zip(decoders, caches).map { decoder, cache in
            var batch = PackedBatch()
            batch.append(
              roles: [RowRole](repeating: .prompt, count: step.count), cache: cache,
              isDecoding: step.count == 1)
            return LawRun(decoder, rows.rows(step), batch, backend: backend)
          }
          let probabilities = try #require(runs[1].recorder.routed[1]).probabilities.floats()
          #expect(probabilities.allSatisfy { $0 == 1 })
          #expect(runs[0].hidden.floats() == runs[1].hidden.floats(), "\(positions), \(backend.summary)")
        }
      }
    }
    var batch = PackedBatch()
    batch.append(roles: roles(20, 10))
    let weights = [Float](repeating: 1, count: 30)
    let runs = [dense.decoder, routed(router: router, capacityFactor: 0)].map {
      LawRun(training: $0, rows, batch, weights: weights).gradients.filter { $0.key != router.name }
    }
    #expect(LawRun.worstDifference(runs[0], runs[1]) <= 1e-5)
  }

  @Test func layersThatKeepNothingPassEverythingOn() throws {
    let (rows, router) = certain(keeping: false, 12, seed: 73)
    let decoder = routed(router: router)
    let cache = SequenceCache(layers: TinyModel.layers)
    for step in [0..<10, 10..<11, 11..<12] {
      var batch = PackedBatch()
      batch.append(
        roles: [RowRole](repeating: .prompt, count: step.count), cache: cache, isDecoding: step.count == 1)
      let run = LawRun(decoder, rows.rows(step), batch)
      for layer in routedLayers {
        #expect(run.recorder.hidden[layer].floats() == run.recorder.hidden[layer - 1].floats())
        #expect(cache.rows(inLayer: layer) == 0)
      }
      #expect(run.recorder.hidden[3].floats() != run.recorder.hidden[2].floats())
    }
    #expect(cache.rows(inLayer: 0) == 12 && cache.rows(inLayer: 3) == 12)

    // In training nothing but image rows may be left out, so here all of them are.
    var batch = PackedBatch()
    batch.append(roles: roles(12, 0))
    let run = LawRun(
      training: routed(capacityFactor: 1), rows, batch, weights: [Float](repeating: 1, count: 12))
    #expect(run.recorder.hidden[2].floats() == run.recorder.hidden[0].floats())
    #expect(run.gradients.keys.contains { $0.contains("layers.3.") })
    #expect(!run.gradients.keys.contains { $0.contains("layers.1.mlp") })
  }

  @Test func skippedRowsStayTheSameBitsAndLeaveNoKeys() throws {
    let lengths = [40, 1, 25]
    let rows = TinyModel.rows(66, seed: 74)
    for backend in Backend.all {
      let caches = lengths.map { _ in SequenceCache(layers: TinyModel.layers) }
      var expected = lengths.map { _ in [Int](repeating: 0, count: TinyModel.layers) }
      var skips = 0
      for step in 0..<5 {
        var batch = PackedBatch()
        for (length, cache) in zip(lengths, caches) {
          let count = step == 0 ? length : 1
          batch.append(
            roles: [RowRole](repeating: .prompt, count: count), cache: cache, isDecoding: step > 0)
        }
        let run = LawRun(routed(), rows.rows(step..<step + batch.rowCount), batch, backend: backend)
        for layer in 0..<TinyModel.layers {
          let kept = Set(run.recorder.routed[layer]?.rows ?? Array(0..<batch.rowCount))
          let input = layer == 0 ? rows.rows(step..<step + batch.rowCount) : run.recorder.hidden[layer - 1]
          for row in 0..<batch.rowCount {
            let same =
              run.recorder.hidden[layer].rows(row..<row + 1).floats()
              == input.rows(row..<row + 1).floats()
            #expect(same == !kept.contains(row), "layer \(layer), row \(row), \(backend.summary)")
            skips += same ? 1 : 0
          }
          for (index, slice) in batch.slices.enumerated() {
            expected[index][layer] += kept.count(where: slice.rows.contains)
            #expect(caches[index].rows(inLayer: layer) == expected[index][layer])
          }
        }
      }
      #expect((30...120).contains(skips), "the router should skip some rows, not \(skips)")
    }
  }

  @Test(arguments: LayerPlan.Positions.allCases)
  func sequenceDoesNotDependOnItsBatch(_ positions: LayerPlan.Positions) {
    let decoder = routed(positions: positions)
    let lengths = [30, 1, 12, 45]
    let prompts = lengths.enumerated().map { TinyModel.rows($1, seed: 80 + UInt64($0)) }
    for backend in Backend.all {
      let together = lengths.map { _ in SequenceCache(layers: TinyModel.layers) }
      let alone = lengths.map { _ in SequenceCache(layers: TinyModel.layers) }
      for step in 0..<6 {
        let parts =
          step == 0
          ? prompts
          : lengths.indices.map {
            TinyModel.rows(1, seed: 90 + UInt64(step * 10 + $0))
          }
        var batch = PackedBatch()
        for (part, cache) in zip(parts, together) {
          batch.append(
            roles: [RowRole](repeating: .prompt, count: part.rows), cache: cache, isDecoding: step > 0)
        }
        let packed = LawRun(decoder, .stacked(parts), batch, backend: backend)
        for (index, slice) in batch.slices.enumerated() {
          var single = PackedBatch()
          single.append(
            roles: Array(batch.roles[slice.rows]), cache: alone[index], isDecoding: step > 0)
          let run = LawRun(decoder, parts[index], single, backend: backend)
          #expect(worstDifference(packed.rows(slice.rows), run.hidden.floats()) <= 1e-5)
        }
      }
    }
  }

  @Test func trainingSequenceDoesNotDependOnItsBatch() {
    let decoder = routed()
    let shapes = [(20, 5), (0, 7), (33, 1)]
    let parts = shapes.enumerated().map { TinyModel.rows($1.0 + $1.1, seed: 100 + UInt64($0)) }
    var batch = PackedBatch()
    for shape in shapes { batch.append(roles: roles(shape.0, shape.1)) }
    let packed = LawRun(
      training: decoder, .stacked(parts), batch, weights: [Float](repeating: 1, count: batch.rowCount))
    let alone = zip(parts, shapes).map { part, shape in
      var single = PackedBatch()
      single.append(roles: roles(shape.0, shape.1))
      return LawRun(
        training: decoder, part, single, weights: [Float](repeating: 1, count: part.rows))
    }
    for (run, slice) in zip(alone, batch.slices) {
      #expect(worstDifference(packed.rows(slice.rows), run.hidden.floats()) <= 1e-5)
    }
    #expect(LawRun.worstDifference(packed.gradients, LawRun.sum(alone)) <= 1e-4)
    #expect(packed.gradients[router.name] != nil)
  }

  /// Exact while the choice among the prefix's rows does not depend on what follows them.
  @Test(arguments: LayerPlan.Positions.allCases)
  func sharedPrefixGivesWhatRepeatedPrefixesGive(_ positions: LayerPlan.Positions) throws {
    let decoder = routed(positions: positions)
    let prefix = TinyModel.rows(24, seed: 110)
    let questions = [
      TinyModel.rows(6, seed: 111), TinyModel.rows(1, seed: 112), TinyModel.rows(9, seed: 113),
    ]
    var shared = PackedBatch()
    let parent = shared.append(roles: roles(20, 4))
    for question in questions { shared.append(roles: roles(0, question.rows), continuing: parent) }
    let weights = (0..<shared.rowCount).map { $0 < prefix.rows ? Float(0) : 1 }
    let rows = Tensor.stacked([prefix] + questions)
    let training = LawRun(training: decoder, rows, shared, weights: weights)
    let answering = LawRun(decoder, rows, shared)
    #expect(training.recorder.routed[1]?.rows != answering.recorder.routed[1]?.rows)

    let whole = questions.map { question in
      var batch = PackedBatch()
      batch.append(roles: roles(20, 4 + question.rows))
      let weights = (0..<batch.rowCount).map { $0 < prefix.rows ? Float(0) : 1 }
      let rows = Tensor.stacked([prefix, question])
      return (
        training: LawRun(training: decoder, rows, batch, weights: weights),
        answering: LawRun(decoder, rows, batch)
      )
    }
    for (single, slice) in zip(whole, shared.slices.dropFirst()) {
      let own = prefix.rows..<prefix.rows + slice.rows.count
      #expect(worstDifference(training.rows(slice.rows), single.training.rows(own)) <= 1e-5)
      #expect(worstDifference(answering.rows(slice.rows), single.answering.rows(own)) <= 1e-5)
    }
    let sum = LawRun.sum(whole.map(\.training))
    #expect(LawRun.worstDifference(training.gradients, sum) <= 1e-4)
    #expect(sum[router.name]?.contains { abs($0) > 1e-3 } == true)
  }
}
