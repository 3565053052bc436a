package import Checkpoints
package import Foundation
package import MixtureOfDepths
package import Models
internal import StrictJSON
package import Tensors
internal import Wording

/// Turns a dense model into a γ-MoD model that starts as the same function, ready for tuning.
///
/// The new router is shared by all routed layers and nearly undecided: its keep probability is close to one half. As
/// that probability multiplies the output of a routed layer's MLP, the MLP's last matrix is doubled.
package struct ModelConversion: Sendable {
  /// Which layers are routed.
  package enum LayerChoice: Sendable, Equatable {
    /// All but the 4 of the highest ARank, as in γ-MoD; in models of 4 layers or fewer, the one of the lowest.
    case usual
    /// All but this many of the highest ARank, of equals those in front.
    case allButHighest(Int)
    /// All whose ARank is below this.
    case below(Double)
    /// These, whatever their ARank.
    case listed([Int])
    /// As p-MoD's schedule of depth says, whatever their ARank; `skip` is then the mean over all layers of the model.
    case cosine
  }

  package var choice = LayerChoice.usual
  /// The ARank that decides.
  package var variant = ARankReport.Variant.strictLower
  /// The share of image rows that routed layers skip, in prompts and in training.
  package var skip = 0.5
  /// Rows that keep their places lose least; the released code counts them anew in every routed layer.
  package var positions = LayerPlan.Positions.original
  package var routerSharing = RoutingConfiguration.RouterSharing.shared
  package var rowChoice = RoutingConfiguration.RowChoice.router
  /// The converted model answers without skipping text, so by default it is tuned that way.
  package var protection = RoutingConfiguration.Protection.questionAndAnswer
  /// What the new router's values follow from.
  package var seed: UInt64 = 1

  package init() {}

  /// The layers that will be routed, ascending.
  /// - Parameter report: Needed unless the layers are listed.
  /// - Throws: `ModelError` if the report is of another model, or no layer, one that does not exist or one that cannot be
  ///   routed is chosen.
  package func routedLayers(_ report: ARankReport?, of decoder: DecoderConfiguration) throws -> [Int] {
    let (layerCount, routable) = (decoder.layerCount, Set(decoder.routableLayers))
    let layers: [Int]
    switch choice {
    case .cosine:
      guard routable.count == layerCount else {
        throw ModelError(
          choice:
            "a schedule of depth skips rows in every layer, but layers with convolutions run all of them")
      }
      guard (0...CosineSchedule.maximalSkip).contains(skip) else {
        throw ModelError(
          choice:
            "a schedule of depth skips at most \(CosineSchedule.maximalSkip) in the mean of all layers, not \(skip)"
        )
      }
      layers = CosineSchedule(layerCount: layerCount, skip: skip).layers
    case .listed(let list):
      guard Set(list).count == list.count, list.allSatisfy({ (0..<layerCount).contains($0) }) else {
        throw ModelError(
          choice:
            "the layers \(list) cannot be routed: each must be below \(layerCount), the model's count, and appear once"
        )
      }
      if let fixed = list.first(where: { !routable.contains($0) }) {
        throw ModelError(
          choice:
            "the layer \(fixed) cannot be routed: its convolution mixes neighbouring rows and runs all of them; name layers with attention"
        )
      }
      layers = list
    case .usual:
      let order = try fitting(report, layerCount).order(by: variant).filter(routable.contains)
      layers = Array(order.dropFirst(min(4, order.count - 1)))
    case .allButHighest(let count):
      let order = try fitting(report, layerCount).order(by: variant).filter(routable.contains)
      guard (0..<order.count).contains(count) else {
        throw ModelError(
          choice:
            "\(count) dense layers of \(order.count) leave none to route; keep between 0 and \(order.count - 1)"
        )
      }
      layers = Array(order.dropFirst(count))
    case .below(let threshold):
      let values = try fitting(report, layerCount).values(variant)
      layers = values.indices.filter { routable.contains($0) && values[$0] < threshold }
    }
    guard !layers.isEmpty else {
      throw ModelError(choice: "no layer is left to route; raise the threshold or name at least one layer")
    }
    return layers.sorted()
  }

  private func fitting(_ report: ARankReport?, _ layerCount: Int) throws -> ARankReport {
    guard let report else {
      throw ModelError("ARank has to be known to choose layers; measure it first, or name the layers")
    }
    guard report.layerCount == layerCount else {
      throw ModelError(
        "the ARank of \(counted(report.layerCount, "layer")) was measured but the model has \(layerCount); measure this model"
      )
    }
    return report
  }

  /// The converted model. It shares its parameters with `model`, which cannot be used as a dense model any more: its
  /// routed layers' MLPs are doubled.
  /// - Throws: `ModelError` if the model is routed already, or as `routedLayers`.
  package func apply(to model: VisionLanguageModel, report: ARankReport?, router fitted: Tensor? = nil) throws
    -> VisionLanguageModel
  {
    guard model.routing == nil,
      try model.configuration.optionalObject("mod")?.optionalBool("mod_enable") != true
    else { throw ModelError("the model has routed layers already; convert its dense original") }
    let layers = try routedLayers(report, of: model.decoder.configuration)
    guard (0...1).contains(skip) else {
      throw ModelError(choice: "the share of image rows to skip must be between 0 and 1, not \(skip)")
    }
    var configuration = RoutingConfiguration(layers: layers, mode: mode, capacityFactor: skip)
    configuration.prefill = .imageSkip(skip)
    configuration.decode = .always
    configuration.positions = positions
    configuration.protection = protection
    configuration.routerSharing = routerSharing
    configuration.rowChoice = rowChoice
    configuration.isUntuned = true
    if choice == .cosine {
      configuration.skipByLayer =
        CosineSchedule(layerCount: model.decoder.layers.count, skip: skip).shares
    }
    for case let layer as DenseLayer in model.decoder.layers where layers.contains(layer.index) {
      layer.doubleMLP()
    }
    switch routerSharing {
    case .shared:
      return model.routed(configuration, router: try router(of: model, layer: layers[0], fitted, seed: seed))
    case .layer:
      let routers = try layers.map { layer in
        (layer, try router(of: model, layer: layer, fitted, seed: seed &+ UInt64(layer) << 32))
      }
      return model.routed(configuration, routers: Dictionary(uniqueKeysWithValues: routers))
    }
  }

  private var mode: String {
    switch choice {
    case .listed: "custom"
    case .cosine: "cosine"
    case .usual, .allButHighest, .below: "arank"
    }
  }

  /// The fitted router or, without one, one whose scores differ by 0.04 in the standard deviation on rows of unit variance, which makes the
  /// probability 0.5 ± 0.01.
  private func router(of model: VisionLanguageModel, layer: Int, _ fitted: Tensor?, seed: UInt64) throws
    -> Parameter
  {
    let width = model.decoder.configuration.hiddenSize
    if let fitted {
      guard fitted.shape == [2, width] else {
        throw ModelError("a router for this model must be [2, \(width)], not \(fitted.shape)")
      }
      return Parameter(name: RouterNames.name(model.decoder, layer), tensor: fitted)
    }
    let deviation = 0.04 / Float(2 * width).squareRoot()
    var numbers = NormalNumbers(seed: seed)
    return Parameter(
      name: RouterNames.name(model.decoder, layer),
      tensor: Tensor((0..<2 * width).map { _ in numbers.next() * deviation }, shape: [2, width]))
  }
}

extension ModelConversion {
  /// Converts a folder: writes a complete model folder with the tokenizer's and preprocessor's files.
  /// - Parameters:
  ///   - report: Needed unless the layers are listed.
  ///   - router: The first values of the router, such as `RouterFit` finds; random ones if nil.
  ///   - dtype: The format of the written weights; nil keeps bfloat16 and float32, and makes float16 bfloat16.
  ///   - mayReplace: Whether a model that is there is replaced.
  ///   - onRead: Receives how many bytes of the weights have been read, and how many there are.
  /// - Returns: The routed layers.
  /// - Throws: An error that names the file or choice at fault; `target` is then as it was.
  package func convert(
    _ source: some ModelPlacing, report: ARankReport?, router: Tensor? = nil, to target: URL,
    dtype: DType? = nil,
    mayReplace: Bool = false, registry: ModelRegistry = .standard,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> [Int] {
    try ModelFolder.check(target, isNot: source.modelPlace.url)
    let folder = try Self.convertible(source)
    // Blocks of a file stay as they are, unless another format is asked for.
    let staysPacked = try dtype == nil && WeightPrecision.stored(in: folder) == .blocks
    let format = try dtype ?? Self.storedFormat(folder)
    let model = try apply(
      to: GammaModel.load(
        source, precision: staysPacked ? nil : WeightPrecision(format), routing: .ignored, registry: registry,
        onRead: onRead),
      report: report, router: router)
    try ModelFolder.write(
      model, to: target, format: staysPacked ? .packed : .plain(format), mayReplace: mayReplace)
    return model.routing?.layers ?? []
  }

  /// Opens a model that is to be converted.
  /// - Throws: `ModelError` if it has routed layers already or is quantized.
  @discardableResult
  package static func convertible(_ source: some ModelPlacing) throws -> CheckpointFolder {
    let folder = try ModelSource(source.modelPlace).open()
    try GammaModel.checkIsOriginal(
      folder, allowsBlocks: true, "convert the original, and quantize what comes out")
    guard try folder.config().optionalObject("mod")?.optionalBool("mod_enable") != true else {
      throw ModelError(
        "\(source.modelPlace.url.path): the model has routed layers already; convert its dense original")
    }
    return folder
  }

  private static func storedFormat(_ folder: CheckpointFolder) throws -> DType {
    let types = try Set(folder.names.map { try folder.entry($0).storedType })
    return types.isDisjoint(with: [.float32, .float64]) ? .bfloat16 : .float32
  }
}
