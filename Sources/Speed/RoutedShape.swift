internal import MixtureOfDepths
package import Models
internal import Tensors

extension VisionLanguageModel {
  /// The layers that the official choice leaves dense: the first three and the last.
  package static let officialDenseLayers = 4

  /// The same weights with all layers but the first few and the last routed by a random router at a given skip share,
  /// for timing.
  /// - Parameters:
  ///   - denseLayers: How many layers stay dense, at least 1: the last one and those in front.
  ///   - decodeThreshold: The router's p from which on a generated row runs; nil for the official 0.5.
  package func routedAtRandom(
    skip: Double, denseLayers: Int = officialDenseLayers, decodeThreshold: Float? = nil
  ) -> VisionLanguageModel {
    let last = decoder.layers.count - 1
    var configuration = RoutingConfiguration(
      layers: decoder.configuration.routableLayers.filter {
        (min(max(0, denseLayers - 1), last)..<last).contains($0)
      }, mode: "arank_mod", capacityFactor: skip)
    configuration.prefill = .imageSkip(skip)
    if let decodeThreshold { configuration.decode = .threshold(decodeThreshold) }
    let router = RandomParameters(seed: 1).parameter(
      "router.weight", [2, decoder.configuration.hiddenSize], initial: .normal(deviation: 0.02))
    return routed(configuration, router: router)
  }
}
