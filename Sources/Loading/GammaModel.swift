internal import Checkpoints
internal import Foundation
internal import MixtureOfDepths
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
  ///   - model: A checkpoint folder in its family's layout, or a GGUF file.
  ///   - precision: The format of the weights in memory; nil for packed weights as they are stored and others as float32.
  ///   - registry: The families that are known.
  ///   - memory: What may be taken; weights that need more are refused before they are read.
  ///   - onRead: Receives how many bytes of the weights have been read, and how many there are.
  /// - Throws: An error that names the file, what is wrong and what to do.
  package static func load(
    _ model: some ModelPlacing, precision: WeightPrecision? = nil, routing: Routing = .asStored,
    registry: ModelRegistry = .standard, memory: AvailableMemory = .current,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> VisionLanguageModel {
    let source = try ModelSource(model.modelPlace)
    let folder = try source.open()
    try check(memory, holds: folder, precision, registry)
    var dense = try registry.load(
      folder, precision: precision, isForeign: { RouterNames.layer(ofRouter: $0) != nil }, onRead: onRead)
    dense.notices = try notices(folder, precision)
    dense.documents = try source.companions(folder)
    guard routing != .ignored, let json = try dense.configuration.optionalObject("mod"),
      var configuration = try RoutingConfiguration(
        json, layerCount: dense.decoder.layers.count,
        release: .init(modelType: dense.configuration.optionalString("model_type"))),
      let first = configuration.layers.first
    else {
      if case .skip = routing {
        throw ModelError(
          choice:
            "\(folder.url.path): the model is dense, so no share of rows can be skipped; leave --skip out, or convert the model"
        )
      }
      return dense
    }
    let routable = dense.decoder.configuration.routableLayers
    if let fixed = configuration.layers.first(where: { !routable.contains($0) }) {
      throw ModelError(
        "\(folder.url.path): config.json routes the layer \(fixed), whose convolution needs all rows; only layers with attention can be routed"
      )
    }
    if case .skip(let share) = routing {
      configuration.prefill = .imageSkip(share)
      configuration.skipByLayer = nil
    }
    // What an adapter or a projector changes has been tuned.
    if source.base != nil { configuration.isUntuned = false }
    let width = dense.decoder.configuration.hiddenSize
    let found = try routers(folder, configuration, width: width)
    switch configuration.routerSharing {
    case .shared:
      return dense.routed(
        configuration,
        router: Parameter(
          name: RouterNames.name(dense.decoder, first), tensor: try sharedRouter(found, folder.url.path)))
    case .layer:
      let routers = try configuration.layers.map { layer in
        guard let router = found.first(where: { $0.layer == layer }) else {
          throw ModelError(
            "\(folder.url.path): layer \(layer) is routed by a router of its own, which is missing")
        }
        return (layer, Parameter(name: RouterNames.name(dense.decoder, layer), tensor: router.tensor))
      }
      return dense.routed(configuration, routers: Dictionary(uniqueKeysWithValues: routers))
    }
  }

  /// What to say about weights that are packed on disk and asked for in another format.
  private static func notices(_ folder: CheckpointFolder, _ precision: WeightPrecision?) throws -> [String] {
    let stored = try WeightPrecision.stored(in: folder)
    guard stored.isPacked, let precision, precision != stored else { return [] }
    return [
      "\(folder.url.path): the weights are quantized (\(stored.rawValue)); as \(precision.rawValue) they take more memory and are no more exact"
    ]
  }

  /// Checks that every file of a model is what was written, which reads all of them.
  /// - Throws: An error that names the first file that differs or is missing, or the folder if it has no manifest.
  package static func verify(_ model: some ModelPlacing) throws {
    let place = model.modelPlace
    for folder in [place.url, try ModelSource(place).base].compactMap({ $0 }) {
      guard FileManager.default.fileExists(atPath: folder.appendingPathComponent("manifest.json").path) else {
        throw ModelError(
          "\(folder.path): the folder has no manifest.json to verify its files by; only models that this program wrote have one"
        )
      }
      try AtomicFolder.verify(folder)
    }
  }

  /// The format in which a model's weights lie in its files.
  /// - Throws: As opening the folder does.
  package static func storedPrecision(_ model: some ModelPlacing) throws -> WeightPrecision {
    try WeightPrecision.stored(in: ModelSource(model.modelPlace).open())
  }

  /// Refuses to make something new of weights that this program packed, which would carry their loss along.
  /// - Parameter remedy: What to do instead.
  /// - Parameter allowsBlocks: Whether weights in a file's own blocks, which stay as they are, are no harm.
  static func checkIsOriginal(_ folder: CheckpointFolder, allowsBlocks: Bool = false, _ remedy: String) throws
  {
    let stored = try WeightPrecision.stored(in: folder)
    guard stored.isPacked, !(allowsBlocks && stored == .blocks) else { return }
    throw ModelError(
      "\(folder.url.path): the weights are quantized (\(stored.rawValue)), and rounding them again would lose more; \(remedy)"
    )
  }

  /// The format in which weights are held where nobody asks for another: the stored one. Products with bfloat16 weights are
  /// native where the processor has such, and elsewhere widen them as they are read, which costs less than twice the memory.
  /// - Throws: As opening the folder does.
  package static func usualPrecision(_ model: some ModelPlacing) throws -> WeightPrecision? {
    let stored = try storedPrecision(model)
    // Packed weights are taken as they lie, whatever their formats are.
    return stored == .bfloat16 ? .bfloat16 : nil
  }

  /// Refuses weights that the memory cannot hold. What else is wrong with them is found when they are read.
  private static func check(
    _ memory: AvailableMemory, holds folder: CheckpointFolder, _ precision: WeightPrecision?,
    _ registry: ModelRegistry
  ) throws {
    let stored = try WeightPrecision.stored(in: folder)
    let wanted = precision ?? (stored.isPacked ? stored : .float32)
    guard wanted == stored || !wanted.isPacked || !stored.isPacked else {
      throw ModelError(
        choice:
          "\(folder.url.path): the weights are quantized (\(stored.rawValue)), and rounding them again to \(wanted.rawValue) would lose more; leave out --dtype, or take the original model"
      )
    }
    guard
      let inspection = try? ModelInspection(
        folder, registry: registry, isForeign: { RouterNames.layer(ofRouter: $0) != nil })
    else { return }
    try memory.check(folder.url.path, wanted) { inspection.memory($0) }
  }

  /// The routers that a folder holds, in the order of their names.
  private static func routers(_ folder: CheckpointFolder, _ configuration: RoutingConfiguration, width: Int)
    throws -> [(name: String, layer: Int, tensor: Tensor)]
  {
    let place = folder.url.path
    return try folder.names.sorted().compactMap { name in
      guard let layer = RouterNames.layer(ofRouter: name) else { return nil }
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
}
