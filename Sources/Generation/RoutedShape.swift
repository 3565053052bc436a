internal import MixtureOfDepths
public import Models
internal import Tensors

extension VisionLanguageModel {
  /// The same weights with the official choice of layers (all but the first three and the last) routed by a random
  /// router at a given skip share, for timing.
  public func routedAtRandom(skip: Double) -> VisionLanguageModel {
    let count = decoder.layers.count
    var configuration = RoutingConfiguration(
      layers: Array(min(3, count - 1)..<count - 1), mode: "arank_mod", capacityFactor: skip)
    configuration.prefill = .imageSkip(skip)
    let router = RandomParameters(seed: 1).parameter(
      "router.weight", [2, decoder.configuration.hiddenSize], initial: .normal(deviation: 0.02))
    return routed(configuration, router: router)
  }
}
