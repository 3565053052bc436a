internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// FastVLM (Vasu et al. 2025) in Hugging Face's layout and its own code's: a FastViT makes few rows of a large picture.
struct FastVLM: ModelFamily {
  static let modelTypes = ["fast_vlm", "llava_qwen2"]

  let name = "fastvlm"

  /// Whether the tensors have the names of FastVLM's own code.
  private let isOriginal: Bool

  private let text: DecoderConfiguration
  private let vision: FastViTConfiguration
  private let gridSide: Int
  private let activation: Activation
  private let hasBias: Bool
  private let imageTokenID: Int
  private let names = HubNames(towerHasModel: false)

  init(_ files: ModelFiles) throws {
    let json = files.json
    isOriginal = try json.optionalString("model_type") == "llava_qwen2"
    var text =
      isOriginal
      ? try DecoderConfiguration(json, kind: .qwen2) : try DecoderConfiguration(json.object("text_config"))
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    vision =
      try isOriginal
      ? FastViTConfiguration(json.optionalObject("vision_config") ?? Self.mobileCLIP)
      : FastViTConfiguration(json.object("vision_config"))
    gridSide = try isOriginal ? Self.pictureSide(json) / vision.stride : Self.gridSide(json)
    guard gridSide > 0 else {
      throw json.error(
        at: "mm_vision_tower", "its pictures are smaller than the tower's \(vision.stride) pixels")
    }
    if isOriginal, try Projector.names(json).count != 2 {
      throw json.error(at: "mm_projector_type", "only mlp2x_gelu is supported")
    }
    self.activation = try Activation(json, "projector_hidden_act", default: "gelu")
    hasBias = try json.optionalBool("multimodal_projector_bias") ?? true
    imageTokenID =
      try isOriginal
      ? -200 : json.optionalInt("image_token_index") ?? json.optionalInt("image_token_id") ?? 151_646
  }

  /// MobileCLIP's L, which FastVLM's own files only name.
  private static let mobileCLIP = JSONObject([
    ("architecture", .string("fastvit_mci3")),
    ("model_args", .object(JSONObject([("inference_mode", .bool(true))]))),
  ])

  private static func gridSide(_ json: JSONObject) throws -> Int {
    let rows = try DecoderConfiguration.size(json, "image_seq_length", default: 576)
    let side = Int(Double(rows).squareRoot())
    guard side * side == rows, rows <= 1 << 14 else {
      throw json.error(at: "image_seq_length", "\(rows) is no square of up to 128 a side")
    }
    return side
  }

  /// The pixels at the end of a name such as "mobileclip_l_1024".
  private static func pictureSide(_ json: JSONObject) throws -> Int {
    let name = try json.optionalString("mm_vision_tower") ?? "mobileclip_l_1024"
    guard name.hasPrefix("mobileclip_l_"), let side = Int(name.dropFirst("mobileclip_l_".count)),
      (1...1 << 13).contains(side)
    else {
      throw json.error(at: "mm_vision_tower", "the tower \(name) is not supported; mobileclip_l_1024 is")
    }
    return side
  }

  func name(ofStored name: String) -> String? {
    if name.hasSuffix(".num_batches_tracked") || name.hasSuffix(".head.proj") { return nil }
    guard isOriginal else { return names.name(ofStored: name, tiesEmbeddings: text.tiesEmbeddings) }
    return isBuffer(name) || text.tiesEmbeddings && name == "lm_head.weight" ? nil : name
  }

  /// The name that FastVLM's own code gives a tensor of the tower or the projector.
  @Sendable private static func originalName(_ name: String) -> String {
    var parts = name.split(separator: ".").map(String.init)
    if parts.count > 3, parts[2] == "stages", let stage = Int(parts[3]) {
      // Stages, and what is between them, follow each other as one list.
      let begin = [0, 2, 4, 7, 10][stage]
      switch parts[4] {
      case "downsample":
        if parts[6] == "0" { parts[7] = "lkb_reparam" }
        parts.replaceSubrange(2...4, with: ["network", "\(stage < 3 ? begin - 1 : begin - 2)"])
      case "pos_emb": parts.replaceSubrange(2...4, with: ["network", "\(begin - 1)"])
      default: parts.replaceSubrange(2...4, with: ["network", "\(begin)"])
      }
    }
    let others = [
      "timm_model": "vision_tower.model", "stem": "patch_embed", "final_conv": "conv_exp", "mlp": "convffn",
      "fc1": parts.contains("se") ? "reduce" : "fc1", "fc2": parts.contains("se") ? "expand" : "fc2",
      "multi_modal_projector": "mm_projector", "linear_1": "0", "linear_2": "2",
    ]
    return "model." + parts.filter { $0 != "gamma" }.map { others[$0] ?? $0 }.joined(separator: ".")
  }

  var template: ConversationTemplate { .qwen15 }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    guard let side = pictureSide else { return try CLIPImageProcessor(settings) }
    var processor = CLIPImageProcessor()
    (processor.size, processor.cropWidth, processor.cropHeight) = (.shortestEdge(side), side, side)
    processor.padsToSquare = true
    processor.normalization = SampleNormalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    return processor
  }

  /// Its own code always makes squares by rules of its own.
  var pictureSide: Int? { isOriginal ? gridSide * vision.stride : nil }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(
        text, names: isOriginal ? DecoderNames(stem: "model.", head: "lm_head.weight") : names.decoder,
        from: source),
      images: Encoder(self, from: source), imageTokenID: imageTokenID)
  }

  private final class Encoder: SquareImageEncoder {
    private let tower: FastViT
    private let projector: Projector
    let gridSide: Int

    init(_ family: FastVLM, from source: any ParameterSource) {
      gridSide = family.gridSide
      let source = family.isOriginal ? RenamedParameters(source, FastVLM.originalName) : source
      tower = FastViT(family.vision, name: "vision_tower.timm_model.", from: source)
      projector = Projector(
        ["multi_modal_projector.linear_1", "multi_modal_projector.linear_2"],
        inputs: family.vision.outputWidth, outputs: family.text.hiddenSize, bias: family.hasBias,
        activation: family.activation, from: source)
    }

    var towerParameters: [Parameter] { tower.parameters }
    var projectorParameters: [Parameter] { projector.parameters }
    var imageSize: Int { gridSide * tower.configuration.stride }
    var tokensPerImage: Int { gridSide * gridSide }
    var featureWidth: Int { tower.configuration.outputWidth }

    func features(_ input: ImageInput, _ tape: Tape) -> Value { tower.features(input.pixels, tape) }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      projector(features, tape)
    }
  }
}
