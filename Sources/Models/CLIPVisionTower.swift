public import StrictJSON
public import Tensors

/// The sizes of a CLIP vision transformer, as `vision_config` gives them.
public struct CLIPVisionConfiguration: Sendable, Equatable {
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layerCount: Int
  public var heads: Int
  public var imageSize: Int
  public var patchSize: Int
  public var normEpsilon: Float
  public var activation: Activation

  /// Keys that are left out mean Hugging Face's defaults (CLIP ViT-B/32).
  public init(_ json: JSONObject) throws {
    hiddenSize = try LlamaConfiguration.size(json, "hidden_size", default: 768)
    intermediateSize = try LlamaConfiguration.size(json, "intermediate_size", default: 3072)
    layerCount = try LlamaConfiguration.size(
      json, "num_hidden_layers", default: 12, limit: LlamaConfiguration.layerLimit)
    heads = try LlamaConfiguration.size(json, "num_attention_heads", default: 12)
    imageSize = try LlamaConfiguration.size(json, "image_size", default: 224)
    patchSize = try LlamaConfiguration.size(json, "patch_size", default: 32)
    normEpsilon = Float(try json.optionalDouble("layer_norm_eps") ?? 1e-5)
    let name = try json.optionalString("hidden_act") ?? "quick_gelu"
    guard let activation = Activation(configurationName: name) else {
      throw json.error(at: "hidden_act", "the activation \(name) is not supported")
    }
    self.activation = activation
    guard hiddenSize % heads == 0, imageSize >= patchSize else {
      throw json.error(
        at: "hidden_size", "it must be a multiple of the heads, and patches no larger than the image")
    }
  }

  /// Patches along one side of the image.
  public var gridSide: Int { imageSize / patchSize }
  public var patchCount: Int { gridSide * gridSide }
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

/// CLIP's vision transformer (Radford et al. 2021): patch convolution, class token, learnt positions, pre-norm blocks.
public final class CLIPVisionTower: Sendable {
  public let configuration: CLIPVisionConfiguration
  private let classEmbedding, patchEmbedding, positionEmbedding: Parameter
  private let preNorm, postNorm: LayerNorm
  private let blocks: [CLIPBlock]

  /// - Parameter name: The stem of the tensor names, such as `vision_tower.vision_model`.
  init(_ configuration: CLIPVisionConfiguration, name: String, from source: any ParameterSource) {
    self.configuration = configuration
    let (width, patch) = (configuration.hiddenSize, configuration.patchSize)
    let deviation = InitialValue.normal(deviation: 0.02)
    classEmbedding = source.parameter("\(name).embeddings.class_embedding", [width], initial: deviation)
    patchEmbedding = source.parameter(
      "\(name).embeddings.patch_embedding.weight", [width, 3, patch, patch], initial: deviation)
    positionEmbedding = source.parameter(
      "\(name).embeddings.position_embedding.weight", [configuration.patchCount + 1, width],
      initial: deviation)
    func norm(_ part: String) -> LayerNorm {
      LayerNorm("\(name).\(part)", width: width, epsilon: configuration.normEpsilon, from: source)
    }
    preNorm = norm("pre_layrnorm")
    postNorm = norm("post_layernorm")
    blocks = (0..<configuration.layerCount).map {
      CLIPBlock("\(name).encoder.layers.\($0)", configuration, from: source)
    }
  }

  public var parameters: [Parameter] {
    [classEmbedding, patchEmbedding, positionEmbedding] + preNorm.parameters + blocks.flatMap(\.parameters)
      + postNorm.parameters
  }

  /// The hidden states behind block `layer` of the patches of some images, row by row.
  /// - Parameters:
  ///   - pixels: Normalised images.
  ///   - layer: Counted from the embeddings (0), or from the end if negative: −1 is the last block's output.
  ///   - keepsClassToken: Whether the class token's row stays in front of each image's patches.
  /// - Shape: pixels `[images, 3, side, side]` → `[images · patches, width]`
  func features(_ pixels: Tensor, layer: Int, keepsClassToken: Bool, _ tape: Tape) -> Value {
    let images = pixels.rows
    let patches = configuration.patchCount
    let tokens = patches + 1
    let embedded = tape.linear(Value(constant: patchRows(pixels, pool: tape.pool)), patchEmbedding)
    let patchPlaces = (0..<images).flatMap { image in (0..<patches).map { image * tokens + 1 + $0 } }
    let classRows = tape.embedding([Int](repeating: 0, count: images), table: classEmbedding, rows: 1)
    let rows = tape.assemble(
      [
        RowSource(embedded, places: patchPlaces),
        RowSource(classRows, places: (0..<images).map { $0 * tokens }),
      ],
      rows: images * tokens)
    let positions = tape.embedding((0..<images * tokens).map { $0 % tokens }, table: positionEmbedding)
    var hidden = preNorm(tape.add(rows, positions), tape)
    let items = (0..<images).map { image in
      let range = image * tokens..<(image + 1) * tokens
      return AttentionItem(queries: range, spans: [.rows(range)], isCausal: false)
    }
    for block in blocks.prefix(layer < 0 ? blocks.count + 1 + layer : layer) {
      hidden = block.forward(hidden, items: items, tape)
    }
    return keepsClassToken ? hidden : tape.gather(hidden, rows: patchPlaces)
  }

  /// The pixels of each patch as one row, channel by channel, as the patch convolution reads them.
  /// - Shape: `[images · patches, 3 · patch · patch]`
  private func patchRows(_ pixels: Tensor, pool: MemoryPool) -> Tensor {
    let (side, patch, grid) = (configuration.imageSize, configuration.patchSize, configuration.gridSide)
    precondition(
      pixels.shape == [pixels.rows, 3, side, side], "pixels \(pixels.shape) for images of side \(side)")
    let result = Tensor(uninitialized: [pixels.rows * grid * grid, 3 * patch * patch], pool: pool)
    var target = result.floatPointer
    for image in 0..<pixels.rows {
      for row in 0..<grid {
        for column in 0..<grid {
          for channel in 0..<3 {
            for line in 0..<patch {
              let source = ((image * 3 + channel) * side + row * patch + line) * side + column * patch
              target.update(from: pixels.floatPointer + source, count: patch)
              target += patch
            }
          }
        }
      }
    }
    return result
  }
}

/// One block of the tower.
private struct CLIPBlock: Sendable {
  let norm1, norm2: LayerNorm
  let query, key, value, output, first, second: Linear
  let heads: AttentionHeads
  let activation: Activation

  init(_ name: String, _ configuration: CLIPVisionConfiguration, from source: any ParameterSource) {
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
    let rows = norm1(hidden, tape)
    let attended = tape.attention(
      query: query(rows, tape), key: key(rows, tape), value: value(rows, tape), heads: heads, items: items)
    let middle = tape.add(hidden, output(attended, tape))
    return tape.add(middle, second(tape.activation(activation, first(norm2(middle, tape), tape)), tape))
  }
}
