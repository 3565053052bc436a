package import Images
package import StrictJSON
package import Tensors
internal import Tokenization

/// LLaVA-1.5 in Hugging Face's layout (Liu et al. 2023): CLIP tower, two-layer projector, LLaMA decoder.
package struct LlavaConfiguration: Sendable, Equatable {
  package var text: DecoderConfiguration
  package var vision: VisionTransformerConfiguration
  /// The token that stands for one row of image features in a prompt.
  package var imageTokenID: Int
  /// The tower's layers whose outputs stand side by side in a row of features.
  package var featureLayers: [Int]
  /// Whether the tower's first row, the class token's of CLIP, goes to the decoder too (`vision_feature_select_strategy`
  /// "full").
  package var keepsFirst: Bool
  package var projectorActivation: Activation
  package var projectorHasBias: Bool

  /// - Parameters:
  ///   - imageTokenID: What stands for a row where the file does not say.
  ///   - featureLayer: The layer that is asked for features there.
  ///   - selectStrategy: Which of its rows are taken there.
  package init(
    _ json: JSONObject, imageTokenID usualID: Int = 32000, featureLayer: Int = -2,
    selectStrategy: String = "default"
  ) throws {
    text = try DecoderConfiguration(json.object("text_config"))
    let sizes = try json.object("vision_config")
    let type = try sizes.optionalString("model_type") ?? "clip_vision_model"
    switch type {
    case "clip_vision_model": self.vision = try VisionTransformerConfiguration(sizes, kind: .clip)
    case "siglip_vision_model": self.vision = try VisionTransformerConfiguration(sizes, kind: .siglip)
    default:
      throw sizes.error(
        at: "model_type", "a tower of type \(type) is not supported; CLIP, SigLIP and Pixtral are")
    }
    imageTokenID = try json.optionalInt("image_token_index") ?? json.optionalInt("image_token_id") ?? usualID
    featureLayers = try vision.featureLayers(json, "vision_feature_layer", default: featureLayer)
    switch try json.optionalString("vision_feature_select_strategy") ?? selectStrategy {
    case "default": keepsFirst = false
    case "full": keepsFirst = true
    case let other:
      throw json.error(
        at: "vision_feature_select_strategy", "\"\(other)\" is neither \"default\" nor \"full\"")
    }
    projectorActivation = try Activation(json, "projector_hidden_act", default: "gelu")
    projectorHasBias = try json.optionalBool("multimodal_projector_bias") ?? true
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
  }

  /// The tower and the projector that Hugging Face's LLaVA models share.
  func encoder(from source: any ParameterSource) -> LlavaImageEncoder {
    LlavaImageEncoder(
      tower: VisionTransformer(vision, name: "vision_tower.vision_model", from: source),
      projector: Projector(
        ["multi_modal_projector.linear_1", "multi_modal_projector.linear_2"],
        inputs: vision.hiddenSize * featureLayers.count, outputs: text.hiddenSize, bias: projectorHasBias,
        activation: projectorActivation, from: source), featureLayers: featureLayers, keepsFirst: keepsFirst)
  }
}

/// One tower and one projector: from square views to rows of the decoder.
package final class LlavaImageEncoder: SquareImageEncoder {
  package let tower: VisionTransformer
  private let projector: Projector
  private let featureLayers: [Int]
  private let keepsFirst: Bool

  /// - Parameters:
  ///   - featureLayers: As in `VisionTransformer.features`.
  ///   - keepsFirst: Whether the tower's first row goes to the decoder too.
  init(tower: VisionTransformer, projector: Projector, featureLayers: [Int], keepsFirst: Bool) {
    self.tower = tower
    self.projector = projector
    self.featureLayers = featureLayers
    self.keepsFirst = keepsFirst
  }

  package var tokensPerImage: Int { tower.configuration.tokenCount - (keepsFirst ? 0 : 1) }
  package var imageSize: Int { tower.configuration.imageSize }
  package var featureWidth: Int { tower.configuration.hiddenSize * featureLayers.count }
  package var gridSide: Int { tower.configuration.gridSide }
  package var projectorParameters: [Parameter] { projector.parameters }
  package var towerParameters: [Parameter] { tower.parameters }

  package func features(_ input: ImageInput, _ tape: Tape) -> Value {
    tower.features(input.pixels, layers: featureLayers, keepsFirst: keepsFirst, tape)
  }

  package func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
    projector(features, tape)
  }
}

struct Llava: ModelFamily {
  static let modelTypes = ["llava"]
  static let summary = "llava (LLaVA-1.5 in Hugging Face layout)"
  static func reads(_ json: JSONObject) -> Bool { json["text_config"] != nil }

  let name = "llava"

  private let configuration: LlavaConfiguration
  private let names = HubNames()

  init(_ files: ModelFiles) throws { configuration = try LlavaConfiguration(files.json) }

  func name(ofStored name: String) -> String? {
    names.name(ofStored: name, tiesEmbeddings: configuration.text.tiesEmbeddings)
  }

  var template: ConversationTemplate { configuration.text.kind.template }
  /// LLaVA-1.5's; models of the same layout on other decoders may have seen several.
  var picturesPerPrompt: Int? { configuration.text.kind == .llama ? 1 : nil }
  var pictureSide: Int? { configuration.vision.imageSize }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try CLIPImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(configuration.text, names: names.decoder, from: source),
      images: configuration.encoder(from: source), imageTokenID: configuration.imageTokenID)
  }
}

/// The names of LLaVA models on Hugging Face's hub.
struct HubNames: Sendable {
  /// Whether a level `vision_model` belongs into the names of the tower.
  var towerHasModel = true
  let decoder = DecoderNames(stem: "language_model.model.", head: "language_model.lm_head.weight")

  /// The hub's names (transformers ≤ 4.51), into which those of later versions are translated:
  /// `model.language_model.*` with `lm_head` (≥ 4.52), and towers without their `vision_model` level (≥ 5.6).
  func name(ofStored stored: String, tiesEmbeddings: Bool) -> String? {
    if isBuffer(stored) { return nil }
    var name = stored
    if name.hasPrefix("model.language_model.") {
      name = "language_model.model." + name.dropFirst("model.language_model.".count)
    } else if name.hasPrefix("model.") {
      name = String(name.dropFirst("model.".count))
    } else if name == "lm_head.weight" {
      name = decoder.head
    }
    if towerHasModel, name.hasPrefix("vision_tower."), !name.hasPrefix("vision_tower.vision_model.") {
      name = "vision_tower.vision_model." + name.dropFirst("vision_tower.".count)
    }
    return tiesEmbeddings && name == decoder.head ? nil : name
  }
}
