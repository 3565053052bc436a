import Comparing
import Foundation
import ModelTesting
import Models
import StrictJSON
import Tensors
import Testing

@testable import Loading
@testable import MixtureOfDepths

/// From dense to γ-MoD.
@Suite struct ConversionTests {
  static let report = ARankReport(
    model: "m", data: "d", samples: 1, meanTokens: 9, plain: [1, 1, 1, 1, 1], strictLower: [3, 5, 2, 5, 4])

  private static func decoder(layers: Int) throws -> DecoderConfiguration {
    try DecoderConfiguration(JSONObject([("num_hidden_layers", JSONValue(layers))]))
  }

  private func logits(_ model: VisionLanguageModel) throws -> [Float] {
    let prompt = try ReferenceCase("llava-1.5-hf").prompt("")
    return try GreedyRun(model, [prompt], newTokens: 3, backend: Backend()).results[0].logits
  }

  private func converted(_ conversion: ModelConversion) throws -> VisionLanguageModel {
    try conversion.apply(to: GammaModel.load(ReferenceCase.folder("llava-1.5-hf")), report: Self.report)
  }

  @Test func convertedModelStartsAsTheDenseOne() throws {
    let dense = try logits(GammaModel.load(ReferenceCase.folder("llava-1.5-hf")))
    let scale = dense.map(abs).max() ?? 0
    #expect(scale > 1)
    var conversion = ModelConversion()
    conversion.choice = .allButHighest(0)
    conversion.skip = 0
    for seed in 1...3 as ClosedRange<UInt64> {
      conversion.seed = seed
      let model = try converted(conversion)
      #expect(worstDifference(try logits(model), dense) <= 0.05 * scale, "seed \(seed)")
      // A router that cannot decide halves exactly what was doubled.
      let router = try #require(model.router)
      router.tensor = Tensor.zeros(router.shape)
      #expect(worstDifference(try logits(model), dense) <= 1e-5, "seed \(seed)")
    }
  }

  @Test func routerIsNearlyUndecidedOnNormedRows() throws {
    let router = try #require(try converted(ModelConversion()).router)
    let width = router.shape[1]
    let weights = router.tensor.floats()
    var numbers = NormalNumbers(seed: 5)
    for _ in 0..<200 {
      let row = (0..<width).map { _ in numbers.next() }
      let score = (0..<width).reduce(Float(0)) { $0 + row[$1] * (weights[width + $1] - weights[$1]) }
      let probability = 1 / (1 + exp(-score))
      #expect(abs(probability - 0.5) < 0.05)
    }
    #expect(weights.contains { $0 != 0 })
  }

  @Test func layersOfTheHighestRankStayDense() throws {
    var conversion = ModelConversion()
    func layers(_ choice: ModelConversion.LayerChoice) throws -> [Int] {
      conversion.choice = choice
      return try conversion.routedLayers(Self.report, of: Self.decoder(layers: 5))
    }
    #expect(try layers(.usual) == [2])
    #expect(try layers(.allButHighest(1)) == [0, 2, 3, 4])
    #expect(try layers(.allButHighest(0)) == [0, 1, 2, 3, 4])
    #expect(try layers(.below(4)) == [0, 2])
    #expect(try layers(.listed([3, 1])) == [1, 3])
    conversion.variant = .plain
    #expect(try layers(.allButHighest(3)) == [3, 4])
    for choice: ModelConversion.LayerChoice in [
      .allButHighest(5), .below(1), .listed([5]), .listed([-1]), .listed([1, 1]), .listed([]),
    ] {
      #expect(throws: ModelError.self, "\(choice)") { try layers(choice) }
    }
    #expect(throws: ModelError.self) {
      try ModelConversion().routedLayers(Self.report, of: Self.decoder(layers: 6))
    }
    #expect(throws: ModelError.self) { try ModelConversion().routedLayers(nil, of: Self.decoder(layers: 5)) }
  }

  @Test func scheduleOfDepthSkipsMoreTheDeeperALayerIs() throws {
    for count in [12, 22, 32] {
      for skip in [0.05, 0.2, 0.4, 0.4625, 0.7, 0.85] {
        let schedule = CosineSchedule(layerCount: count, skip: skip)
        #expect(abs(schedule.shares.reduce(0, +) / Double(count) - skip) < 1e-6, "\(count), \(skip)")
        #expect(schedule.shares.allSatisfy { $0 > 0 && $0 <= 0.8501 }, "\(schedule.shares)")
        #expect(zip(schedule.shares, schedule.shares.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(schedule.layers == Array(count - schedule.layers.count..<count))
      }
    }
    // p-MoD's own 32 layers: 8 dense ones, and 53.75 % of the rows left in the mean.
    #expect(CosineSchedule(layerCount: 32, skip: 0.4625).layers == Array(8..<32))
    var conversion = ModelConversion()
    conversion.choice = .cosine
    conversion.skip = 0.3
    let routing = try #require(try converted(conversion).routing)
    #expect(routing.skipByLayer?.count == routing.layers.count)
    conversion.skip = 0.9
    #expect(throws: ModelError.self) { try converted(conversion) }
  }

  @Test func eachLayerMayHaveItsOwnRouter() throws {
    var conversion = ModelConversion()
    conversion.choice = .allButHighest(1)
    conversion.routerSharing = .layer
    let model = try converted(conversion)
    #expect(model.routers.count == 4 && model.router == nil)
    #expect(Set(model.routers.map { $0.tensor.floats() }).count == 4)
    #expect(Set(model.parameters.map(\.name)).count == model.parameters.count)
  }

  @Test func writtenFolderIsTheConvertedModel() throws {
    let target = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())/gamma")
    defer { try? FileManager.default.removeItem(at: target.deletingLastPathComponent()) }
    var conversion = ModelConversion()
    conversion.choice = .allButHighest(2)
    conversion.skip = 0.25
    conversion.positions = .original
    let source = ReferenceCase.folder("llava-1.5-hf")
    #expect(try conversion.convert(source, report: Self.report, to: target) == [0, 2, 4])
    let model = try GammaModel.load(target)
    let routing = try #require(model.routing)
    #expect(routing.layers == [0, 2, 4])
    #expect(routing.prefill == .imageSkip(0.25) && routing.capacityFactor == 0.25)
    #expect(routing.decode == .always && routing.positions == .original)
    #expect(routing.protection == .questionAndAnswer)
    #expect(try logits(model) == logits(converted(conversion)))
    #expect(try GammaInspection(target).loadingFault == nil)
    #expect(throws: ModelError.self) {
      try conversion.convert(target, report: Self.report, to: target.appendingPathExtension("again"))
    }
    #expect(throws: ModelError.self) { try conversion.convert(source, report: Self.report, to: source) }
  }
}
