internal import MixtureOfDepths
package import Models
package import Tensors

extension SpeedComparison {
  /// The model with the threshold by which generated tokens skip about a wanted share of its routed layers over a
  /// workload's rounds. Which share a threshold gives depends on the tokens, so it is found by trying.
  /// - Parameter share: 0…1, in the mean over layers and tokens.
  package static func decodingModel(
    _ model: VisionLanguageModel, skipping share: Double, workload: Workload, backend: Backend
  ) throws -> VisionLanguageModel {
    guard var configuration = model.routing, workload.decodeTokens > 0 else { return model }
    func attempt(_ threshold: Float) throws -> (model: VisionLanguageModel, skipped: Double) {
      configuration.decode = .threshold(threshold)
      let model = model.routed(by: configuration)
      let loop = loop(model, workload, backend)
      let shares = try (1...workload.repeats).map {
        try measure(loop, workload, round: $0).decodeSkipRatio
      }
      return (model, median(shares))
    }
    var (low, high): (Float, Float) = (0, 1)
    var best = try attempt(0.5)
    for _ in 0..<8 where abs(best.skipped - share) > 0.005 {
      let middle = (low + high) / 2
      let tried = try attempt(middle)
      if abs(tried.skipped - share) < abs(best.skipped - share) { best = tried }
      if tried.skipped < share { low = middle } else { high = middle }
    }
    return best.model
  }
}
