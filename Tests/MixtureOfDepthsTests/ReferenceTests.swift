import Checkpoints
import Loading
import ModelTesting
import Models
import Tensors
import Testing

@testable import MixtureOfDepths

/// A routed model against the inference rule of γ-MoD's released code.
@Suite struct ReferenceTests {
  @Test(arguments: [false, true]) func numbersAreTheReferences(batched: Bool) throws {
    let reference = try ReferenceCase("gamma-llava-1.5")
    let model = try GammaModel.load(reference.url)
    #expect(model.routing?.layers == [2, 3, 4])
    for backend in Backend.all {
      let differences = try reference.differences(model, batched: batched, backend: backend)
      #expect(differences.count { $0.name.contains("route.") } == 3 * 3 * 4)
      for difference in differences {
        #expect(difference.isTolerable, "\(backend.summary): \(difference)")
      }
    }
  }

  @Test(arguments: ["gamma-llava-1.5", "llava-1.5-hf"], [RankMeter.Method.counting, .singularValues])
  func attentionRanksAreTheReferences(_ name: String, method: RankMeter.Method) throws {
    for batched in [false, true] { try attentionRanksAreTheReferences(name, method, batched: batched) }
  }

  private func attentionRanksAreTheReferences(_ name: String, _ method: RankMeter.Method, batched: Bool)
    throws
  {
    let reference = try ReferenceCase(name)
    let model = try GammaModel.load(reference.url)
    let layers = model.decoder.layers.count
    let meter = RankMeter(layers: layers, backend: Backend(), method: method)
    _ = try reference.differences(model, batched: batched, backend: Backend(), observer: meter)
    for (variant, measured) in try [("plain", meter.plain), ("strict_lower", meter.strictLower)] {
      let expected = try #require(try reference.floats("arank.\(variant)"))
      let margins = try #require(try reference.floats("rank_margin.\(variant)"))
      #expect(measured.count == layers && expected.count == layers)
      let heads = margins.count / reference.prompts.count / layers
      for layer in 0..<layers {
        // Where a singular value lies near the tolerance, two libraries may count it differently.
        let uncertain = margins.indices.count { $0 / heads % layers == layer && margins[$0] < 0.2 }
        let tolerance = Double(uncertain) / Double(margins.count / layers) + 1e-4
        #expect(abs(measured[layer] - Double(expected[layer])) <= tolerance, "\(variant), layer \(layer)")
      }
      #expect(margins.count { $0 < 0.2 } < margins.count / 4)
    }
  }
}
