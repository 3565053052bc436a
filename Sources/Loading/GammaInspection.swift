internal import Checkpoints
package import Foundation
package import MixtureOfDepths
package import Models
internal import StrictJSON
package import Tensors

/// What a model's folder holds, its routers included, without loading weights.
package struct GammaInspection: Sendable {
  package let url: URL
  package let model: ModelInspection
  /// The model that the folder only changes, if it holds an adapter or a projector.
  package let base: URL?
  /// The rules of its routed layers; nil for dense models.
  package let routing: RoutingConfiguration?
  /// Numbers of the shared router, counted once.
  package let routerParameters: Int
  /// Why routers or their rules cannot be used, as a sentence; nil if they can.
  package let routingFault: String?

  /// The format in which its weights lie in the files.
  package let storedPrecision: WeightPrecision
  /// What this machine can hold.
  package let memory: AvailableMemory

  /// - Parameters:
  ///   - memory: What the machine can hold.
  /// - Throws: An error that names the file, if there is no such folder, or its config.json or weights cannot be read.
  package init(
    _ model: some ModelPlacing, registry: ModelRegistry = .standard, memory: AvailableMemory = .current
  ) throws {
    let source = try ModelSource(model.modelPlace)
    let folder = try source.open()
    url = model.modelPlace.url
    self.base = source.base
    self.memory = memory
    storedPrecision = try WeightPrecision.stored(in: folder)
    self.model = try ModelInspection(folder, registry: registry) { RouterNames.layer(ofRouter: $0) != nil }
    var found: RoutingConfiguration?
    var fault: String?
    if let decoder = self.model.sizes?.decoder {
      do {
        let json = try registry.known(folder.config())
        let release = try RoutingConfiguration.Release(modelType: json.optionalString("model_type"))
        found = try json.optionalObject("mod").flatMap {
          try RoutingConfiguration($0, layerCount: decoder.layerCount, release: release)
        }
        fault = try found.flatMap { try Self.fault(folder, $0, width: decoder.hiddenSize) }
      } catch let error as JSONError {
        fault = "\(error)"
      }
    }
    let usesRouter = !(found?.layers ?? []).isEmpty
    routerParameters = usesRouter ? 2 * (self.model.sizes?.decoder.hiddenSize ?? 0) : 0
    (routing, routingFault) = (found, fault)
  }

  /// Whether the model can answer.
  package var isSupported: Bool { reason == nil }

  /// Why the model cannot answer, as a sentence; nil if it can.
  package var reason: String? { loadingFault ?? filesFault }

  /// Why its weights cannot be loaded, as a sentence; nil if they can.
  package var loadingFault: String? { model.reason ?? routingFault }

  /// What answering needs beside the weights and is not there, as a sentence.
  private var filesFault: String? {
    guard !model.neededFiles.isEmpty else { return nil }
    let list = model.neededFiles.joined(separator: ", and no ")
    return "\(url.path): the folder holds no \(list); copy what is missing from the model's source"
  }

  /// The format in which weights are held where no other is asked for.
  package var usualPrecision: WeightPrecision { storedPrecision }

  /// The formats in which weights can be held: any, and the blocks of a file that has them.
  var formats: [WeightPrecision] { (storedPrecision == .blocks ? [.blocks] : []) + WeightPrecision.choices }

  /// What is wrong with the stored routers, as far as headers tell.
  private static func fault(_ folder: CheckpointFolder, _ routing: RoutingConfiguration, width: Int) throws
    -> String?
  {
    let place = folder.url.path
    let routers = folder.names.compactMap { name in
      RouterNames.layer(ofRouter: name).map { (name: name, layer: $0) }
    }
    if routers.isEmpty, !routing.layers.isEmpty {
      return
        "\(place): config.json turns mixture of depths on but no router.weight is stored; is this the dense checkpoint?"
    }
    for router in routers.sorted(by: { $0.layer < $1.layer }) {
      guard routing.layers.contains(router.layer) else {
        return
          "\(place): the router \(router.name) belongs to a layer that config.json's mod_layers_idx leaves out"
      }
      let shape = try folder.entry(router.name).shape
      guard shape == [2, width] else {
        return "\(place): the router \(router.name) is \(shape) but must be [2, \(width)]"
      }
    }
    return nil
  }
}
