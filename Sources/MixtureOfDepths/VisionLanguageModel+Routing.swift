package import Models
internal import StrictJSON
package import Tensors

extension VisionLanguageModel {
  /// The same parameters with some layers routed, all by one router.
  package func routed(_ configuration: RoutingConfiguration, router: Parameter) -> VisionLanguageModel {
    routed(
      configuration, routers: Dictionary(uniqueKeysWithValues: configuration.layers.map { ($0, router) }))
  }

  /// The same parameters with some layers routed.
  /// - Parameter routers: One for each routed layer, by its place; layers may share one.
  package func routed(_ configuration: RoutingConfiguration, routers: [Int: Parameter]) -> VisionLanguageModel
  {
    let distinct = Self.distinct(configuration.layers.compactMap { routers[$0] })
    let chosen = Set(configuration.layers)
    let decoder = decoder.replacingLayers(sharing: distinct) { layer in
      guard let base = layer as? DenseLayer ?? (layer as? RoutedLayer)?.base, chosen.contains(layer.index),
        let router = routers[layer.index]
      else {
        return (layer as? RoutedLayer)?.base ?? layer
      }
      return RoutedLayer(
        base, router: router, configuration: configuration,
        storedName: RouterNames.name(self.decoder, layer.index))
    }
    var members = self.configuration.filter { $0.key != "mod" }.map {
      ($0.key, releasedName($0.key) ?? $0.value)
    }
    members.append(("mod", .object(configuration.json)))
    return replacingDecoder(decoder, configuration: JSONObject(members))
  }

  /// What the released code calls its γ-MoD models, for layouts that it reads; nil for other keys and layouts.
  private func releasedName(_ key: String) -> JSONValue? {
    guard configuration["text_config"] == nil, let type = configuration["model_type"]?.string else {
      return nil
    }
    let names: (type: String, architecture: String)? =
      switch type {
      case "llava", "llava_llama": ("mod_llava_llama", "MoDLLaVALlamaForCausalLM")
      case "mgm": ("mod_mgm", "MoDMGMLlamaForCausalLM")
      default: nil
      }
    return switch key {
    case "model_type": names.map { .string($0.type) }
    case "architectures": names.map { .array([.string($0.architecture)]) }
    default: nil
    }
  }

  /// The routing of this model; nil if it is dense.
  package var routing: RoutingConfiguration? {
    decoder.layers.lazy.compactMap { $0 as? RoutedLayer }.first?.configuration
  }

  /// The same model by other rules, over the same routed layers.
  package func routed(by configuration: RoutingConfiguration) -> VisionLanguageModel {
    let layers = decoder.layers.compactMap { $0 as? RoutedLayer }
    return routed(
      configuration, routers: Dictionary(uniqueKeysWithValues: layers.map { ($0.index, $0.router) }))
  }

  /// Whether its configuration says that it was converted and not tuned since, also where its routers were left out.
  package var isUntuned: Bool {
    routing?.isUntuned ?? (configuration["mod"]?.object?["untuned"]?.bool ?? false)
  }

  /// The same model as training writes it: whatever it was converted from, it has been tuned.
  package var tuned: VisionLanguageModel {
    guard var configuration = routing, configuration.isUntuned else { return self }
    configuration.isUntuned = false
    return routed(by: configuration)
  }

  /// The router that all routed layers share; nil without any, or where layers have their own.
  package var router: Parameter? { routers.count == 1 ? routers.first : nil }

  /// The routers of all routed layers, each once.
  package var routers: [Parameter] {
    Self.distinct(decoder.layers.compactMap { ($0 as? RoutedLayer)?.router })
  }

  /// Each parameter once, in the order of first use.
  private static func distinct(_ parameters: [Parameter]) -> [Parameter] {
    parameters.reduce(into: []) { distinct, parameter in
      if !distinct.contains(where: { $0 === parameter }) { distinct.append(parameter) }
    }
  }
}
