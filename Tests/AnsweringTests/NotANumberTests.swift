import Foundation
import MixtureOfDepths
import ModelTesting
import Models
import Tensors
import Testing

@testable import Answering

/// A model whose numbers are none gives no answer.
@Suite struct NotANumberTests {
  /// A model in which one number of a parameter is NaN, planted behind the checks of loading.
  private func model(_ parameter: String, isRouted: Bool) throws -> VisionLanguageModel {
    var model = try TinyModel.dense(seed: 21)
    if isRouted {
      var routing = RoutingConfiguration(layers: [1, 2])
      routing.prefill = .threshold(0.2)
      model = model.routed(routing, router: TinyModel.router(seed: 21))
    }
    let found = try #require(model.decoder.parameters.first { $0.name.hasSuffix(parameter) })
    var values = found.tensor.floats()
    values[5] = .nan
    found.tensor = Tensor(values, shape: found.shape)
    return model
  }

  private func requests() throws -> [AnswerRequest] {
    let ways: [(inout SamplingOptions) -> Void] = [
      { _ in }, { $0.temperature = 0.8 }, { ($0.temperature, $0.topK, $0.topP) = (1, 5, 0.9) },
      { ($0.repeatPenalty, $0.presencePenalty) = (1.3, 0.5) },
    ]
    return try ways.enumerated().map { index, set in
      var options = AnswerOptions()
      options.maxTokens = 5
      set(&options.sampling)
      let ids = (0..<30).map { (7 * $0 + index) % 60 + 1 }
      return AnswerRequest(try Prompt(ids: ids, imageTokenID: nil, pictures: []), options)
    }
  }

  @Test(
    arguments: [
      "layers.0.self_attn.k_proj.weight", "layers.1.self_attn.v_proj.weight", "layers.0.mlp.up_proj.weight",
      "layers.3.self_attn.q_proj.weight", "norm.weight", "router.weight",
    ], KeyValueFormat.allCases)
  func noAnswerComesOfNaN(_ parameter: String, _ format: KeyValueFormat) throws {
    let model = try model(parameter, isRouted: parameter == "router.weight")
    var limits = EngineLimits()
    limits.cacheFormat = format
    for rows in [7, Int.max] {
      limits.rowsPerPass = rows
      for request in try requests() {
        let loop = AnswerLoop(model, tokenizer: nil, backend: Backend(), limits: limits)
        let error = #expect(throws: AnswerError.self) { try loop.answers([request]) }
        #expect(error?.code == .notFinite, "\(error.debugDescription)")
      }
      // Side by side as well.
      let loop = AnswerLoop(model, tokenizer: nil, backend: Backend(), limits: limits)
      var failures = 0
      for request in try requests() {
        try loop.submit(
          request,
          emit: { event in
            if case .failed(let error) = event, error.code == .notFinite { failures += 1 }
          })
      }
      while !loop.isIdle { loop.step() }
      #expect(failures == 4)
    }
  }
}
