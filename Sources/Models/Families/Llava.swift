public import StrictJSON
public import Tensors

/// LLaVA-1.5 in Hugging Face's layout (Liu et al. 2023): CLIP tower, two-layer projector, LLaMA decoder.
public struct LlavaConfiguration: Sendable, Equatable {
  public var text: DecoderConfiguration
  public var vision: VisionTransformerConfiguration
  /// The token that stands for one row of image features in a prompt.
  public var imageTokenID: Int
  public var featureLayer: Int
  /// Whether the class token's row goes to the decoder too (`vision_feature_select_strategy` "full").
  public var keepsClassToken: Bool
  public var projectorActivation: Activation
  public var projectorHasBias: Bool

  public init(_ json: JSONObject) throws {
    text = try DecoderConfiguration(json.object("text_config"))
    let vision = try json.object("vision_config")
    let type = try vision.optionalString("model_type") ?? "clip_vision_model"
    switch type {
    case "clip_vision_model": self.vision = try VisionTransformerConfiguration(vision, kind: .clip)
    case "siglip_vision_model": self.vision = try VisionTransformerConfiguration(vision, kind: .siglip)
    default:
      throw vision.error(at: "model_type", "a tower of type \(type) is not supported; CLIP and SigLIP are")
    }
    imageTokenID = try json.optionalInt("image_token_index") ?? json.optionalInt("image_token_id") ?? 32000
    featureLayer = try json.optionalInt("vision_feature_layer") ?? -2
    switch try json.optionalString("vision_feature_select_strategy") ?? "default" {
    case "default": keepsClassToken = false
    case "full": keepsClassToken = true
    case let other:
      throw json.error(
        at: "vision_feature_select_strategy", "\"\(other)\" is neither \"default\" nor \"full\"")
    }
    let name = try json.optionalString("projector_hidden_act") ?? "gelu"
    guard let activation = Activation(configurationName: name) else {
      throw json.error(at: "projector_hidden_act", "the activation \(name) is not supported")
    }
    projectorActivation = activation
    projectorHasBias = try json.optionalBool("multimodal_projector_bias") ?? true
    guard (-self.vision.layerCount - 1...self.vision.layerCount).contains(featureLayer) else {
      throw json.error(
        at: "vision_feature_layer", "the tower has \(self.vision.layerCount) layers, not \(featureLayer)")
    }
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
  }

  public var tokensPerImage: Int {
    vision.patchCount + (keepsClassToken && vision.kind == .clip ? 1 : 0)
  }
}

/// The tower and the projector: from pixels to rows of the decoder.
public final class LlavaImageEncoder: SquareImageEncoder {
  private let configuration: LlavaConfiguration
  public let tower: VisionTransformer
  private let projector: Projector

  init(_ configuration: LlavaConfiguration, from source: any ParameterSource) {
    self.configuration = configuration
    tower = VisionTransformer(configuration.vision, name: "vision_tower.vision_model", from: source)
    projector = Projector(
      ["multi_modal_projector.linear_1", "multi_modal_projector.linear_2"],
      inputs: configuration.vision.hiddenSize, outputs: configuration.text.hiddenSize,
      bias: configuration.projectorHasBias, activation: configuration.projectorActivation, from: source)
  }

  public var tokensPerImage: Int { configuration.tokensPerImage }
  public var imageSize: Int { configuration.vision.imageSize }
  public var featureWidth: Int { configuration.vision.hiddenSize }
  public var gridSide: Int { configuration.vision.gridSide }
  public var projectorParameters: [Parameter] { projector.parameters }
  public var towerParameters: [Parameter] { tower.parameters }

  public func features(_ input: ImageInput, _ tape: Tape) -> Value {
    tower.features(
      input.pixels, layer: configuration.featureLayer, keepsClassToken: configuration.keepsClassToken, tape)
  }

  public func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
    projector(features, tape)
  }
}

struct Llava: ModelFamily {
  private let configuration: LlavaConfiguration
  private let names = HubNames()

  init(_ files: ModelFiles) throws { configuration = try LlavaConfiguration(files.json) }

  func name(ofStored name: String) -> String? {
    names.name(ofStored: name, tiesEmbeddings: configuration.text.tiesEmbeddings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      family: "llava", configuration: json,
      decoder: TransformerDecoder(configuration.text, names: names.decoder, from: source),
      images: LlavaImageEncoder(configuration, from: source), imageTokenID: configuration.imageTokenID)
  }
}

/// The names of LLaVA models on Hugging Face's hub.
struct HubNames: Sendable {
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
    if name.hasPrefix("vision_tower."), !name.hasPrefix("vision_tower.vision_model.") {
      name = "vision_tower.vision_model." + name.dropFirst("vision_tower.".count)
    }
    return tiesEmbeddings && name == decoder.head ? nil : name
  }
}
