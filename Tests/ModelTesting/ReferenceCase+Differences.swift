internal import Comparing
package import Models
package import Tensors

extension ReferenceCase {
  /// A comparison with something that the original recorded.
  package struct Difference: CustomStringConvertible, Sendable {
    package let name: String
    /// 0 for lists of whole numbers that are equal, infinite for ones that are not.
    package let value: Float
    package let tolerance: Float

    package var isTolerable: Bool { value <= tolerance }
    package var description: String { "\(name) is off by \(value), more than \(tolerance)" }
  }

  /// Everything that a run shares with what the original recorded of the same prompt.
  package func differences(_ run: GreedyRun.Result, prompt: String) throws -> [Difference] {
    var result: [Difference] = []
    func compare(_ name: String, _ values: [Float], _ tolerance: Float) throws {
      guard let expected = try floats("\(prompt)\(name)") else { return }
      result.append(
        Difference(name: "\(prompt)\(name)", value: worstDifference(values, expected), tolerance: tolerance))
    }
    func compare(_ name: String, _ values: [Int]) throws {
      guard let expected = try integers("\(prompt)\(name)") else { return }
      result.append(
        Difference(name: "\(prompt)\(name)", value: values == expected ? 0 : .infinity, tolerance: 0))
    }
    try compare("vision.features", run.features, 2e-4)
    try compare("projector.output", run.projected, 2e-4)
    try compare("inputs_embeds", run.embedded, 2e-4)
    for (layer, hidden) in run.hidden.enumerated() { try compare("hidden.\(layer)", hidden, 2e-4) }
    try compare("hidden.final_norm", run.normalized, 2e-4)
    try compare("logits", run.logits, 1e-3)
    try compare("generate.ids", run.ids)
    try compare("generate.logits", run.stepLogits, 1e-3)
    try compare("cache_len.prefill", run.prefillCacheLengths)
    try compare("cache_len.decode", Array(run.decodeCacheLengths.joined()))
    for layer in run.probabilities.keys {
      try compare("route.prefill.prob.\(layer)", run.probabilities[layer] ?? [], 1e-4)
      try compare("route.prefill.selected.\(layer)", run.selected[layer] ?? [])
      try compare("route.decode.prob.\(layer)", run.decodeProbabilities[layer] ?? [], 1e-4)
      try compare("route.decode.executed.\(layer)", run.executed[layer] ?? [])
    }
    return result
  }

  /// The differences of all prompts, each run alone or all in one packed batch.
  package func differences(
    _ model: VisionLanguageModel, batched: Bool, backend: Backend, observer: (any DecoderObserver)? = nil
  ) throws -> [Difference] {
    let names = prompts
    let list = try names.map { try prompt($0) }
    let runs =
      try batched
      ? GreedyRun(model, list, newTokens: 16, backend: backend, observer: observer).results
      : list.flatMap {
        try GreedyRun(model, [$0], newTokens: 16, backend: backend, observer: observer).results
      }
    return try zip(runs, names).flatMap { try differences($0, prompt: $1) }
  }
}
