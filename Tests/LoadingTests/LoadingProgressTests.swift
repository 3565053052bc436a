import Foundation
import ModelTesting
import Testing

@testable import Loading

/// How much of a model has been read, as far as whoever loads it is told.
@Suite struct LoadingProgressTests {
  @Test(arguments: ["llava-1.5-hf", "gamma-llava-hr", "mgm-hd", "qwen2.5-vl"])
  func everyByteOfTheWeightsIsTold(_ name: String) throws {
    var told: [(read: Int, all: Int)] = []
    _ = try GammaModel.load(ReferenceCase.folder(name)) { told.append(($0, $1)) }
    let all = try #require(told.first?.all)
    #expect(all > 0 && told.allSatisfy { $0.all == all })
    #expect(told.first?.read == 0 && told.last?.read == all)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.read <= $1.read })
    // Routers and what the model does without are small.
    let size = try #require(
      FileManager.default.attributesOfItem(
        atPath: ReferenceCase.folder(name).appending(path: "model.safetensors").path)[.size] as? Int)
    #expect(Double(all) > 0.8 * Double(size))
  }
}
