internal import Checkpoints
package import Foundation
package import Models
internal import StrictJSON
package import Tensors

/// Loads dense and γ-MoD models alike.
package enum GammaModel {
  /// What to make of the routers that a checkpoint holds.
  package enum Routing: Sendable, Equatable {
    /// The rules of its configuration.
    case asStored
    /// Every layer runs every row, without routers and their gates.
    case ignored
    /// The stored routers, but this share of the image rows is skipped.
    case skip(Double)
  }

  /// - Parameters:
  ///   - url: A checkpoint folder in its family's layout.
  ///   - precision: The format of the weights in memory; nil for packed weights as they are stored and others as float32.
  ///   - base: The model that `url` only changes, for folders that hold an adapter or a projector; by default the one that
  ///     an adapter names.
  ///   - registry: The families that are known.
  /// - Throws: An error that names the file, what is wrong and what to do.
  package static func load(
    _ url: URL, precision: WeightPrecision? = nil, routing: Routing = .asStored, base: URL? = nil,
    registry: ModelRegistry = .standard
  ) throws -> VisionLanguageModel {
    let folder = try ModelSource(url, base: base).open()
    let dense = try registry.load(folder, precision: precision) { layer(ofRouter: $0) != nil }
    guard routing != .ignored, let json = try dense.configuration.optionalObject("mod"),
      var configuration = try RoutingConfiguration(
        json, layerCount: dense.decoder.layers.count,
        release: .init(modelType: dense.configuration.optionalString("model_type"))),
      let first = configuration.layers.first
    else { return dense }
    if case .skip(let share) = routing {
      configuration.prefill = .imageSkip(share)
      configuration.skipByLayer = nil
    }
    let width = dense.decoder.configuration.hiddenSize
    let found = try routers(folder, configuration, width: width)
    switch configuration.routerSharing {
    case .shared:
      return dense.routed(
        configuration,
        router: Parameter(
          name: routerName(dense.decoder, first), tensor: try sharedRouter(found, folder.url.path)))
    case .layer:
      let routers = try configuration.layers.map { layer in
        guard let router = found.first(where: { $0.layer == layer }) else {
          throw ModelError(
            "\(folder.url.path): layer \(layer) is routed by a router of its own, which is missing")
        }
        return (layer, Parameter(name: routerName(dense.decoder, layer), tensor: router.tensor))
      }
      return dense.routed(configuration, routers: Dictionary(uniqueKeysWithValues: routers))
    }
  }

  /// The routers that a folder holds, in the order of their names.
  private static func routers(_ folder: CheckpointFolder, _ configuration: RoutingConfiguration, width: Int)
    throws -> [(name: String, layer: Int, tensor: Tensor)]
  {
    let place = folder.url.path
    return try folder.names.sorted().compactMap { name in
      guard let layer = layer(ofRouter: name) else { return nil }
      guard configuration.layers.contains(layer) else {
        throw ModelError(
          "\(place): the router \(name) belongs to a layer that config.json's mod_layers_idx leaves out")
      }
      let tensor = try folder.tensor(name)
      guard tensor.shape == [2, width] else {
        throw ModelError("\(place): the router \(name) is \(tensor.shape) but must be [2, \(width)]")
      }
      return (name, layer, tensor)
    }
  }

  /// The shared router: stored under one routed layer's name or, with equal values, under several.
  private static func sharedRouter(_ found: [(name: String, layer: Int, tensor: Tensor)], _ place: String)
    throws -> Tensor
  {
    guard let first = found.first else {
      throw ModelError(
        "\(place): config.json turns mixture of depths on but no router.weight is stored; is this the dense checkpoint?"
      )
    }
    let values = first.tensor.floats()
    if let other = found.first(where: { $0.tensor.floats() != values }) {
      throw ModelError(
        "\(place): the routers \(first.name) and \(other.name) differ, but γ-MoD shares one router; the checkpoint is damaged"
      )
    }
    return first.tensor
  }

  /// The layer index in `….layers.N.router.weight`.
  static func layer(ofRouter name: String) -> Int? {
    let parts = name.split(separator: ".")
    guard parts.count >= 4, parts.suffix(2) == ["router", "weight"], parts[parts.count - 4] == "layers" else {
      return nil
    }
    return Int(parts[parts.count - 3])
  }

  static func routerName(_ decoder: TransformerDecoder, _ layer: Int) -> String {
    "\(decoder.names.layer(layer)).router.weight"
  }
}

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
        storedName: GammaModel.routerName(self.decoder, layer.index))
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
