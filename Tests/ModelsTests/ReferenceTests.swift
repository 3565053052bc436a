import Checkpoints
import Comparing
import Loading
import MixtureOfDepths
import ModelTesting
import Tensors
import Testing

@testable import Models

/// Dense models against what transformers computed.
@Suite struct ReferenceTests {
  static let cases = [
    "llava-1.5-hf", "llava-1.5-hf-legacy-names", "llava-1.5-hf-module-names", "llama-text",
  ]

  @Test(arguments: cases, [false, true]) func numbersAreTheOriginals(_ name: String, batched: Bool) throws {
    let reference = try ReferenceCase(name)
    let model = try GammaModel.load(reference.url)
    for backend in Backend.all {
      let differences = try reference.differences(model, batched: batched, backend: backend)
      // Each case records at least ids, logits, embeddings, five hidden states and the last norm.
      #expect(differences.count >= 9)
      for difference in differences {
        #expect(difference.isTolerable, "\(name), \(backend.summary): \(difference)")
      }
    }
  }

  @Test func towerIsTheOriginalsBlockByBlock() throws {
    let reference = try ReferenceCase("llava-1.5-hf")
    let images = try #require(try GammaModel.load(reference.url).images as? LlavaImageEncoder)
    let pixels = try reference.inputs.tensor("pixel_values")
    for backend in Backend.all {
      for layer in 0...images.tower.configuration.layerCount {
        let hidden = images.tower.features(
          pixels, layers: [layer], keepsFirst: true, Tape(backend: backend)
        ).tensor.floats()
        let expected = try #require(try reference.floats("vision.hidden.\(layer)"))
        #expect(worstDifference(hidden, expected) <= 2e-4, "block \(layer) with \(backend.summary)")
      }
    }
  }

  @Test func spellingsOfTheNamesGiveTheSameBits() throws {
    let runs = try Self.cases.prefix(3).map { name in
      let reference = try ReferenceCase(name)
      return try GreedyRun(
        GammaModel.load(reference.url), [reference.prompt("")], newTokens: 4, backend: Backend()
      ).results[0]
    }
    for run in runs.dropFirst() {
      #expect(run.logits == runs[0].logits)
      #expect(run.stepLogits == runs[0].stepLogits)
    }
  }
}
