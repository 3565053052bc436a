internal import Checkpoints
internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// InternVL 2.5 to 3.5 (Zhu et al. 2025), in Hugging Face's layout and its own code's: InternViT reads the picture's tiles and
/// the whole, and each square of patches becomes one row (pixel shuffle).
struct InternVL: ModelFamily {
  static let modelTypes = ["internvl", "internvl_chat"]

  let name = "internvl"

  private let text: DecoderConfiguration
  private let vision: VisionTransformerConfiguration
  private let featureLayer: Int
  /// Patches along one side of the square that becomes a row.
  private let square: Int
  private let activation: Activation
  private let imageTokenID: Int
  /// Whether the tensors have the names of InternVL's own code.
  private let isOriginal: Bool
  private let names = HubNames(towerHasModel: false)

  init(_ files: ModelFiles) throws {
    let json = files.json
    isOriginal = try json.optionalString("model_type") == "internvl_chat"
    var text = try DecoderConfiguration(json.object(isOriginal ? "llm_config" : "text_config"))
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    let sizes = try json.object("vision_config")
    var vision = try VisionTransformerConfiguration(Self.complete(sizes), kind: .internViT)
    vision.attentionBias = try sizes.optionalBool(isOriginal ? "qkv_bias" : "attention_bias") ?? isOriginal
    self.vision = vision
    let layerKey = isOriginal ? "select_layer" : "vision_feature_layer"
    featureLayer = try vision.featureLayers(json, layerKey, default: -1, most: 1)[0]
    let ratio = try json.optionalDouble("downsample_ratio") ?? 0.5
    let side = (1 / ratio).rounded()
    guard ratio > 0, ratio <= 1, side <= 64, vision.gridSide % Int(side) == 0
    else {
      throw json.error(
        at: "downsample_ratio",
        "\(vision.gridSide) patches a side do not fall into squares by a ratio of \(ratio)"
      )
    }
    square = Int(side)
    self.activation = try Activation(json, "projector_hidden_act", default: "gelu")
    if try isOriginal && json.optionalString("ps_version") == "v1" {
      throw json.error(at: "ps_version", "the transposed pixel shuffle of v1 is not supported; v2 is")
    }
    if try json.optionalString("vision_feature_select_strategy") ?? "default" != "default" {
      throw json.error(at: "vision_feature_select_strategy", "only \"default\" is supported")
    }
    let usual = text.kind == .qwen3 ? 151_671 : 151_667
    imageTokenID = try json.optionalInt("image_token_id") ?? Self.addedID("<IMG_CONTEXT>", files) ?? usual
  }

  /// The tower's configuration with InternViT-300M's sizes where it has none, and one number for both sides of a square.
  private static func complete(_ json: JSONObject) throws -> JSONObject {
    if try json.optionalBool("use_qk_norm") ?? json.optionalBool("qk_normalization") ?? false {
      throw json.error(
        at: "use_qk_norm", "towers that normalise queries and keys (InternViT-6B) are not supported")
    }
    if try json.optionalString("norm_type") ?? "layer_norm" != "layer_norm" {
      throw json.error(at: "norm_type", "only layer_norm is supported")
    }
    for key in ["use_absolute_position_embeddings", "use_mean_pooling"]
    where try json.optionalBool(key) == false {
      throw json.error(at: key, "only true is supported")
    }
    let usual = [
      ("hidden_size", 1024), ("intermediate_size", 4096), ("num_hidden_layers", 24),
      ("num_attention_heads", 16), ("image_size", 448), ("patch_size", 14),
    ]
    var json = json.filled(with: usual)
    for (key, _) in usual where json[key]?.array != nil {
      let sides = try json.ints(key)
      guard sides.count == 2, sides[0] == sides[1] else {
        throw json.error(at: key, "only squares are supported")
      }
      json[key] = JSONValue(sides[0])
    }
    if json["hidden_act"] == nil { json["hidden_act"] = .string("gelu") }
    return json
  }

  /// The id of a token that the tokenizer's file adds.
  private static func addedID(_ token: String, _ files: ModelFiles) throws -> Int? {
    try files.folder?.documents.object("added_tokens.json")?.optionalInt(token)
  }

  func name(ofStored stored: String) -> String? {
    if stored.hasSuffix("vision_tower.embeddings.mask_token") { return nil }
    if isOriginal {
      return isBuffer(stored) || text.tiesEmbeddings && stored == names.decoder.head ? nil : stored
    }
    return names.name(ofStored: stored, tiesEmbeddings: text.tiesEmbeddings)
  }

  var template: ConversationTemplate { isOriginal ? .internVLChat : .internVL }
  /// Its own code's templates leave it to the code to write the token of rows.
  var pictureMark: String? { isOriginal ? PromptText.pictureMark : nil }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try InternVLImageProcessor(settings, crops: true)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names.decoder, from: source),
      images: Encoder(self, from: source), imageTokenID: imageTokenID)
  }

  private final class Encoder: SquareImageEncoder {
    private let family: InternVL
    private let tower: VisionTransformer
    private let norm: LayerNorm
    private let projector: Projector

    init(_ family: InternVL, from source: any ParameterSource) {
      self.family = family
      let (text, inputs) = (family.text, family.vision.hiddenSize * family.square * family.square)
      tower = VisionTransformer(
        family.vision, names: family.isOriginal ? .internViT : .hubInternViT, from: source)
      let parts =
        family.isOriginal
        ? ["mlp1.0", "mlp1.1", "mlp1.3"]
        : ["layer_norm", "linear_1", "linear_2"].map { "multi_modal_projector.\($0)" }
      norm = LayerNorm(parts[0], width: inputs, epsilon: 1e-5, from: source)
      projector = Projector(
        Array(parts[1...]), inputs: inputs, outputs: text.hiddenSize, activation: family.activation,
        from: source)
    }

    var towerParameters: [Parameter] { tower.parameters }
    var projectorParameters: [Parameter] { norm.parameters + projector.parameters }
    var imageSize: Int { family.vision.imageSize }
    var gridSide: Int { family.vision.gridSide / family.square }
    var tokensPerImage: Int { gridSide * gridSide }
    var featureWidth: Int { family.vision.hiddenSize }

    func areas(of input: ImageInput) -> [TokenArea?] {
      TokenArea.tiles(input, cells: .init(height: gridSide, width: gridSide))
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      tower.features(input.pixels, layers: [family.featureLayer], keepsFirst: false, tape)
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let grid = GridShape(height: family.vision.gridSide, width: family.vision.gridSide)
      return projector(norm(tape.shuffled(features, of: grid, side: family.square), tape), tape)
    }
  }
}

extension VisionTransformerNames {
  /// InternVL in Hugging Face's layout.
  fileprivate static let hubInternViT = internViT(
    "vision_tower", classToken: "cls_token", patches: "patch_embeddings.projection",
    positions: "position_embeddings", layers: "layer",
    block: Block(
      norms: ["layernorm_before", "layernorm_after"],
      attention: ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
      output: "attention.projection_layer", scales: ["lambda_1", "lambda_2"]))

  /// InternVL's own code's.
  fileprivate static let internViT = internViT(
    "vision_model", classToken: "class_embedding", patches: "patch_embedding",
    positions: "position_embedding",
    layers: "layers",
    block: Block(
      norms: ["norm1", "norm2"], attention: ["attn.qkv"], output: "attn.proj", scales: ["ls1", "ls2"]))

  private static func internViT(
    _ stem: String, classToken: String, patches: String, positions: String, layers: String, block: Block
  ) -> VisionTransformerNames {
    VisionTransformerNames(
      classToken: "\(stem).embeddings.\(classToken)", patches: "\(stem).embeddings.\(patches)",
      positions: "\(stem).embeddings.\(positions)", preNorm: "", postNorm: "",
      layers: "\(stem).encoder.\(layers)", axes: [1, 1], block: block)
  }
}
