package import StrictJSON
package import Tensors
internal import Wording

/// The sizes of a vision transformer, as `vision_config` gives them.
package struct VisionTransformerConfiguration: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// A class token and a norm in front of the blocks, patches without bias (Radford et al. 2021).
    case clip
    /// Neither of them, patches with bias (Zhai et al. 2023).
    case siglip
    /// As SigLIP, with patches that come as rows of numbers, and grids of any shape (Tschannen et al. 2025).
    case siglip2
    /// A class token, patches with bias, a learnt scale per channel of what each half of a block adds (Chen et al. 2023).
    case internViT

    /// Whether the token of the whole stands in front of the patches.
    var hasClassToken: Bool { self == .clip || self == .internViT }
    /// Whether a norm follows the last block, as an output that some models read.
    var hasPostNorm: Bool { self != .internViT }
  }

  package var kind: Kind
  package var hiddenSize: Int
  package var intermediateSize: Int
  package var layerCount: Int
  package var heads: Int
  package var imageSize: Int
  package var patchSize: Int
  package var normEpsilon: Float
  package var activation: Activation
  /// Whether queries, keys and values have biases.
  package var attentionBias = true

  /// Keys that are left out mean Hugging Face's defaults (CLIP ViT-B/32, SigLIP B/16).
  package init(_ json: JSONObject, kind: Kind = .clip) throws {
    self.kind = kind
    let isCLIP = kind == .clip
    hiddenSize = try DecoderConfiguration.size(json, "hidden_size", default: 768)
    intermediateSize = try DecoderConfiguration.size(json, "intermediate_size", default: 3072)
    layerCount = try DecoderConfiguration.size(
      json, "num_hidden_layers", default: 12, limit: DecoderConfiguration.layerLimit)
    heads = try DecoderConfiguration.size(json, "num_attention_heads", default: 12)
    patchSize = try DecoderConfiguration.size(json, "patch_size", default: isCLIP ? 32 : 16)
    if kind == .siglip2 {
      let positions = try DecoderConfiguration.size(json, "num_patches", default: 256)
      let side = Int(Double(positions).squareRoot())
      guard side * side == positions else {
        throw json.error(at: "num_patches", "\(positions) positions do not fill a square")
      }
      imageSize = side * patchSize
    } else {
      imageSize = try DecoderConfiguration.size(json, "image_size", default: 224)
    }
    normEpsilon = Float(try json.optionalDouble("layer_norm_eps") ?? (isCLIP ? 1e-5 : 1e-6))
    activation = try Activation(json, "hidden_act", default: isCLIP ? "quick_gelu" : "gelu_pytorch_tanh")
    guard hiddenSize % heads == 0, imageSize >= patchSize else {
      throw json.error(
        at: "hidden_size", "it must be a multiple of the heads, and patches no larger than the image")
    }
  }

  /// The layers that a key of a configuration asks features of, a number or a list; by default the last but one.
  /// - Parameter most: How many layers may be asked.
  func featureLayers(_ json: JSONObject, _ key: String, default usual: Int = -2, most: Int = 16) throws
    -> [Int]
  {
    try Self.featureLayers(json, key, of: layerCount, default: usual, most: most)
  }

  /// The same for a tower of so many layers.
  static func featureLayers(
    _ json: JSONObject, _ key: String, of layerCount: Int, default usual: Int, most: Int
  ) throws -> [Int] {
    let layers = json[key]?.array == nil ? [try json.optionalInt(key) ?? usual] : try json.ints(key)
    guard (1...most).contains(layers.count) else {
      throw json.error(at: key, "it names \(counted(layers.count, "layer")); 1 to \(most) may be asked")
    }
    for layer in layers where !(-layerCount - 1...layerCount).contains(layer) {
      throw json.error(at: key, "the tower has \(counted(layerCount, "layer")), not \(layer)")
    }
    return layers
  }

  /// Patches along one side of the image.
  package var gridSide: Int { imageSize / patchSize }
  package var patchCount: Int { gridSide * gridSide }
  /// Rows that the blocks see of a picture.
  var tokenCount: Int { patchCount + (kind.hasClassToken ? 1 : 0) }
}

extension JSONObject {
  /// The same with numbers for keys that it does not have.
  func filled(with usual: [(String, Int)]) -> JSONObject {
    var json = self
    for (key, value) in usual where json[key] == nil { json[key] = JSONValue(value) }
    return json
  }
}

extension Activation {
  /// The one that a key of a configuration names.
  /// - Parameter usual: The name where there is no such key.
  /// - Throws: `JSONError` if it is not supported.
  init(_ json: JSONObject, _ key: String, default usual: String) throws {
    let name = try json.optionalString(key) ?? usual
    switch name {
    case "gelu": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh": self = .geluTanh
    case "quick_gelu": self = .quickGelu
    default: throw json.error(at: key, "the activation \(name) is not supported")
    }
  }
}

/// A vision transformer: patch convolution, learnt positions, pre-norm blocks.
package final class VisionTransformer: Sendable {
  package let configuration: VisionTransformerConfiguration
  /// Nil where there is no class token.
  private let classEmbedding: Parameter?
  private let patchEmbedding: Parameter
  private let patchBias: Parameter?
  let positionEmbedding: Parameter
  private let preNorm: LayerNorm?
  private let postNorm: LayerNorm?
  private let blocks: [VisionBlock]

  /// - Parameter name: The stem of Hugging Face's tensor names, such as `vision_tower.vision_model`.
  convenience init(
    _ configuration: VisionTransformerConfiguration, name: String, from source: any ParameterSource
  ) {
    self.init(configuration, names: .hub(name), from: source)
  }

  init(
    _ configuration: VisionTransformerConfiguration, names: VisionTransformerNames,
    from source: any ParameterSource
  ) {
    self.configuration = configuration
    let (kind, width, patch) = (configuration.kind, configuration.hiddenSize, configuration.patchSize)
    let deviation = InitialValue.normal(deviation: 0.02)
    classEmbedding =
      kind.hasClassToken
      ? source.parameter(names.classToken, names.axes + [width], initial: deviation) : nil
    patchEmbedding = source.parameter(
      "\(names.patches).weight",
      kind == .siglip2 ? [width, 3 * patch * patch] : [width, 3, patch, patch], initial: deviation,
      role: .matrix)
    patchBias =
      kind == .clip ? nil : source.parameter("\(names.patches).bias", [width], initial: .constant(0))
    positionEmbedding = source.parameter(
      names.positions, names.axes.dropLast() + [configuration.tokenCount, width], initial: deviation)
    func norm(_ name: String) -> LayerNorm {
      LayerNorm(name, width: width, epsilon: configuration.normEpsilon, from: source)
    }
    preNorm = kind == .clip ? norm(names.preNorm) : nil
    postNorm = kind.hasPostNorm ? norm(names.postNorm) : nil
    blocks = (0..<configuration.layerCount).map {
      VisionBlock("\(names.layers).\($0).", configuration, names.block, from: source)
    }
  }

  package var parameters: [Parameter] {
    [classEmbedding, patchEmbedding, patchBias, positionEmbedding].compactMap { $0 }
      + (preNorm?.parameters ?? []) + blocks.flatMap(\.parameters) + (postNorm?.parameters ?? [])
  }

  /// The hidden states behind some blocks of the patches of some images, row by row, those of several blocks side by side.
  /// - Parameters:
  ///   - pixels: Normalised images of the tower's own size.
  ///   - layers: Counted from the embeddings (0), or from the end if negative: −1 is the last block's output.
  ///   - keepsFirst: Whether the first row of each image stays, which is the class token's where there is one.
  /// - Shape: pixels `[images, 3, side, side]` → `[images · rows, layers.count · width]`
  func features(_ pixels: Tensor, layers: [Int], keepsFirst: Bool, _ tape: Tape) -> Value {
    let images = pixels.rows
    let tokens = configuration.tokenCount
    var rows = self.patches(pixels, tape)
    let others = (0..<images * tokens).filter { $0 % tokens != 0 }
    if let classEmbedding {
      let classRows = tape.embedding([Int](repeating: 0, count: images), table: classEmbedding, rows: 1)
      rows = tape.assemble(
        [
          RowSource(rows, places: others),
          RowSource(classRows, places: (0..<images).map { $0 * tokens }),
        ],
        rows: images * tokens)
    }
    let positions = tape.embedding(
      (0..<images * tokens).map { $0 % tokens }, table: positionEmbedding, rows: tokens)
    let items = (0..<images).map { image in
      let range = image * tokens..<(image + 1) * tokens
      return AttentionItem(queries: range, spans: [.rows(range)], isCausal: false)
    }
    let wanted = layers.map { $0 < 0 ? blocks.count + 1 + $0 : $0 }
    var hidden = normalizedInput(tape.add(rows, positions), tape)
    var (next, found) = (0, [Int: Value]())
    for last in Set(wanted).sorted() {
      hidden = run(next..<last, hidden, items: items, tape)
      (next, found[last]) = (last, hidden)
    }
    let all = wanted.compactMap { found[$0] }
    let features = all.count == 1 ? all[0] : tape.besides(all)
    return keepsFirst ? features : tape.gather(features, rows: others)
  }

  // MARK: Parts, for towers that are put together differently

  /// The patches of pictures of any size, without positions.
  /// - Shape: pixels `[images, 3, height, width]`, or `[images · patches, numbers]` → `[images · patches, width]`
  func patches(_ pixels: Tensor, _ tape: Tape) -> Value {
    let rows =
      configuration.kind == .siglip2
      ? pixels : pixels.patches(side: configuration.patchSize, pool: tape.pool)
    return tape.linear(Value(constant: rows), patchEmbedding, bias: patchBias)
  }

  /// Rows as they enter the first block.
  func normalizedInput(_ rows: Value, _ tape: Tape) -> Value { preNorm?(rows, tape) ?? rows }

  func normalizedOutput(_ rows: Value, _ tape: Tape) -> Value { postNorm?(rows, tape) ?? rows }

  func run(_ range: Range<Int>, _ hidden: Value, items: [AttentionItem], _ tape: Tape) -> Value {
    blocks[range].reduce(hidden) { $1.forward($0, items: items, tape) }
  }
}
