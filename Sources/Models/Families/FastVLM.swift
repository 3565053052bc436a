internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// FastVLM (Vasu et al. 2025) in Hugging Face's layout: a FastViT makes few rows of a large picture.
struct FastVLM: ModelFamily {
  static let modelTypes = ["fast_vlm"]

  let name = "fastvlm"

  private let text: DecoderConfiguration
  private let vision: FastViTConfiguration
  private let gridSide: Int
  private let activation: Activation
  private let hasBias: Bool
  private let imageTokenID: Int
  private let names = HubNames(towerHasModel: false)

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.object("text_config"))
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    vision = try FastViTConfiguration(json.object("vision_config"))
    let rows = try DecoderConfiguration.size(json, "image_seq_length", default: 576)
    gridSide = Int(Double(rows).squareRoot())
    guard gridSide * gridSide == rows, rows <= 1 << 14 else {
      throw json.error(at: "image_seq_length", "\(rows) rows are no square of up to 128 a side")
    }
    let name = try json.optionalString("projector_hidden_act") ?? "gelu"
    guard let activation = Activation(configurationName: name) else {
      throw json.error(at: "projector_hidden_act", "the activation \(name) is not supported")
    }
    self.activation = activation
    hasBias = try json.optionalBool("multimodal_projector_bias") ?? true
    imageTokenID =
      try json.optionalInt("image_token_index") ?? json.optionalInt("image_token_id") ?? 151_646
  }

  func name(ofStored name: String) -> String? {
    name.hasSuffix(".num_batches_tracked")
      ? nil : names.name(ofStored: name, tiesEmbeddings: text.tiesEmbeddings)
  }

  var template: ConversationTemplate { .qwen15 }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try CLIPImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names.decoder, from: source),
      images: Encoder(self, from: source), imageTokenID: imageTokenID)
  }

  private final class Encoder: SquareImageEncoder {
    private let tower: FastViT
    private let projector: Projector
    let gridSide: Int

    init(_ family: FastVLM, from source: any ParameterSource) {
      gridSide = family.gridSide
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
