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
    let name = try json.optionalString("hidden_act") ?? (isCLIP ? "quick_gelu" : "gelu_pytorch_tanh")
    guard let activation = Activation(configurationName: name) else {
      throw json.error(at: "hidden_act", "the activation \(name) is not supported")
    }
    self.activation = activation
    guard hiddenSize % heads == 0, imageSize >= patchSize else {
      throw json.error(
        at: "hidden_size", "it must be a multiple of the heads, and patches no larger than the image")
    }
  }

  /// The layer that a key of a configuration asks features of, by default the last but one.
  func featureLayer(_ json: JSONObject, _ key: String) throws -> Int {
    let layer = try json.optionalInt(key) ?? -2
    guard (-layerCount - 1...layerCount).contains(layer) else {
      throw json.error(at: key, "the tower has \(counted(layerCount, "layer")), not \(layer)")
    }
    return layer
  }

  /// Patches along one side of the image.
  package var gridSide: Int { imageSize / patchSize }
  package var patchCount: Int { gridSide * gridSide }
}

extension Activation {
  init?(configurationName name: String) {
    switch name {
    case "gelu": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh": self = .geluTanh
    case "quick_gelu": self = .quickGelu
    default: return nil
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
  private let postNorm: LayerNorm
  private let blocks: [VisionBlock]

  /// - Parameter name: The stem of the tensor names, such as `vision_tower.vision_model`.
  init(_ configuration: VisionTransformerConfiguration, name: String, from source: any ParameterSource) {
    self.configuration = configuration
    let (width, patch) = (configuration.hiddenSize, configuration.patchSize)
    let deviation = InitialValue.normal(deviation: 0.02)
    let isCLIP = configuration.kind == .clip
    classEmbedding =
      isCLIP ? source.parameter("\(name).embeddings.class_embedding", [width], initial: deviation) : nil
    patchEmbedding = source.parameter(
      "\(name).embeddings.patch_embedding.weight",
      configuration.kind == .siglip2 ? [width, 3 * patch * patch] : [width, 3, patch, patch],
      initial: deviation, role: .matrix)
    patchBias =
      isCLIP
      ? nil : source.parameter("\(name).embeddings.patch_embedding.bias", [width], initial: .constant(0))
    positionEmbedding = source.parameter(
      "\(name).embeddings.position_embedding.weight", [configuration.patchCount + (isCLIP ? 1 : 0), width],
      initial: deviation)
    func norm(_ part: String) -> LayerNorm {
      LayerNorm("\(name).\(part)", width: width, epsilon: configuration.normEpsilon, from: source)
    }
    preNorm = isCLIP ? norm("pre_layrnorm") : nil
    postNorm = norm("post_layernorm")
    blocks = (0..<configuration.layerCount).map {
      VisionBlock("\(name).encoder.layers.\($0)", configuration, from: source)
    }
  }

  package var parameters: [Parameter] {
    [classEmbedding, patchEmbedding, patchBias, positionEmbedding].compactMap { $0 }
      + (preNorm?.parameters ?? []) + blocks.flatMap(\.parameters) + postNorm.parameters
  }

  /// The hidden states behind block `layer` of the patches of some images, row by row.
  /// - Parameters:
  ///   - pixels: Normalised images of the tower's own size.
  ///   - layer: Counted from the embeddings (0), or from the end if negative: −1 is the last block's output.
  ///   - keepsClassToken: Whether the class token's row stays in front of each image's patches.
  /// - Shape: pixels `[images, 3, side, side]` → `[images · patches, width]`
  func features(_ pixels: Tensor, layer: Int, keepsClassToken: Bool, _ tape: Tape) -> Value {
    let images = pixels.rows
    let patches = configuration.patchCount
    var rows = self.patches(pixels, tape)
    var patchPlaces = Array(0..<images * patches)
    var tokens = patches
    if let classEmbedding {
      tokens += 1
      patchPlaces = (0..<images).flatMap { image in (0..<patches).map { image * tokens + 1 + $0 } }
      let classRows = tape.embedding([Int](repeating: 0, count: images), table: classEmbedding, rows: 1)
      rows = tape.assemble(
        [
          RowSource(rows, places: patchPlaces),
          RowSource(classRows, places: (0..<images).map { $0 * tokens }),
        ],
        rows: images * tokens)
    }
    let positions = tape.embedding((0..<images * tokens).map { $0 % tokens }, table: positionEmbedding)
    let items = (0..<images).map { image in
      let range = image * tokens..<(image + 1) * tokens
      return AttentionItem(queries: range, spans: [.rows(range)], isCausal: false)
    }
    let last = layer < 0 ? blocks.count + 1 + layer : layer
    let hidden = run(0..<last, normalizedInput(tape.add(rows, positions), tape), items: items, tape)
    return keepsClassToken || classEmbedding == nil ? hidden : tape.gather(hidden, rows: patchPlaces)
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

  func normalizedOutput(_ rows: Value, _ tape: Tape) -> Value { postNorm(rows, tape) }

  func run(_ range: Range<Int>, _ hidden: Value, items: [AttentionItem], _ tape: Tape) -> Value {
    blocks[range].reduce(hidden) { $1.forward($0, items: items, tape) }
  }
}

/// One block of the tower.
private struct VisionBlock: Sendable {
  let norm1, norm2: LayerNorm
  let query, key, value, output, first, second: Linear
  let heads: AttentionHeads
  let activation: Activation

  init(_ name: String, _ configuration: VisionTransformerConfiguration, from source: any ParameterSource) {
    let width = configuration.hiddenSize
    let residual = 0.02 / Float(2 * configuration.layerCount).squareRoot()
    func linear(_ part: String, _ inputs: Int, _ outputs: Int, _ deviation: Float = 0.02) -> Linear {
      Linear(
        "\(name).\(part)", inputs: inputs, outputs: outputs, bias: true, from: source, deviation: deviation)
    }
    func norm(_ part: String) -> LayerNorm {
      LayerNorm("\(name).\(part)", width: width, epsilon: configuration.normEpsilon, from: source)
    }
    norm1 = norm("layer_norm1")
    norm2 = norm("layer_norm2")
    query = linear("self_attn.q_proj", width, width)
    key = linear("self_attn.k_proj", width, width)
    value = linear("self_attn.v_proj", width, width)
    output = linear("self_attn.out_proj", width, width, residual)
    first = linear("mlp.fc1", width, configuration.intermediateSize)
    second = linear("mlp.fc2", configuration.intermediateSize, width, residual)
    heads = AttentionHeads(
      queryHeads: configuration.heads, keyValueHeads: configuration.heads,
      headWidth: width / configuration.heads)
    activation = configuration.activation
  }

  var parameters: [Parameter] {
    [norm1, norm2].flatMap(\.parameters) + [query, key, value, output, first, second].flatMap(\.parameters)
  }

  func forward(_ hidden: Value, items: [AttentionItem], _ tape: Tape) -> Value {
    let projected = tape.linear(norm1(hidden, tape), [query.map, key.map, value.map])
    let attended = tape.attention(
      query: projected[0], key: projected[1], value: projected[2], heads: heads, items: items,
      precision: query.map.weight.precision)
    let middle = tape.linear(attended, output.map, addedTo: hidden)
    let change = tape.linear(norm2(middle, tape), first.map, activation: activation)
    return tape.linear(change, second.map, addedTo: middle)
  }
}
