internal import Checkpoints
internal import Foundation
public import StrictJSON
public import Tensors

/// LLaVA-1.5 in Hugging Face's layout (Liu et al. 2023): CLIP tower, two-layer projector, LLaMA decoder.
public struct LlavaConfiguration: Sendable, Equatable {
  public var text: LlamaConfiguration
  public var vision: CLIPVisionConfiguration
  /// The token that stands for one row of image features in a prompt.
  public var imageTokenID: Int
  public var featureLayer: Int
  /// Whether the class token's row goes to the decoder too (`vision_feature_select_strategy` "full").
  public var keepsClassToken: Bool
  public var projectorActivation: Activation
  public var projectorHasBias: Bool

  public init(_ json: JSONObject) throws {
    text = try LlamaConfiguration(json.object("text_config"))
    vision = try CLIPVisionConfiguration(json.object("vision_config"))
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
    guard (-vision.layerCount - 1...vision.layerCount).contains(featureLayer) else {
      throw json.error(
        at: "vision_feature_layer", "the tower has \(vision.layerCount) layers, not \(featureLayer)")
    }
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
  }

  public var tokensPerImage: Int { vision.patchCount + (keepsClassToken ? 1 : 0) }
}

/// The tower and the projector: from pixels to rows of the decoder.
public final class LlavaImageEncoder: ImageEncoder {
  private let configuration: LlavaConfiguration
  public let tower: CLIPVisionTower
  private let first, second: Linear

  init(_ configuration: LlavaConfiguration, from source: any ParameterSource) {
    self.configuration = configuration
    tower = CLIPVisionTower(configuration.vision, name: "vision_tower.vision_model", from: source)
    func linear(_ name: String, _ inputs: Int) -> Linear {
      Linear(
        "multi_modal_projector.\(name)", inputs: inputs, outputs: configuration.text.hiddenSize,
        bias: configuration.projectorHasBias, from: source, deviation: 0.02)
    }
    first = linear("linear_1", configuration.vision.hiddenSize)
    second = linear("linear_2", configuration.text.hiddenSize)
  }

  public var tokensPerImage: Int { configuration.tokensPerImage }
  public var imageSize: Int { configuration.vision.imageSize }
  public var featureWidth: Int { configuration.vision.hiddenSize }
  public var gridSide: Int { configuration.vision.gridSide }
  public var projectorParameters: [Parameter] { [first, second].flatMap(\.parameters) }
  public var towerParameters: [Parameter] { tower.parameters }

  public func features(_ pixels: Tensor, _ tape: Tape) -> Value {
    tower.features(
      pixels, layer: configuration.featureLayer, keepsClassToken: configuration.keepsClassToken, tape)
  }

  public func project(_ features: Value, _ tape: Tape) -> Value {
    second(tape.activation(configuration.projectorActivation, first(features, tape)), tape)
  }
}

enum Llava {
  static let decoderNames = DecoderNames(stem: "language_model.model.", head: "language_model.lm_head.weight")

  static func model(_ configuration: LlavaConfiguration, json: JSONObject, from source: any ParameterSource)
    -> VisionLanguageModel
  {
    VisionLanguageModel(
      family: "llava", configuration: json,
      decoder: LlamaDecoder(configuration.text, names: decoderNames, from: source),
      images: LlavaImageEncoder(configuration, from: source), imageTokenID: configuration.imageTokenID)
  }

  /// The hub's names (transformers ≤ 4.51), into which those of later versions are translated:
  /// `model.language_model.*` with `lm_head` (≥ 4.52), and towers without their `vision_model` level (≥ 5.6).
  static func hubName(_ stored: String) -> String? {
    if stored.hasSuffix(".rotary_emb.inv_freq") || stored.hasSuffix(".embeddings.position_ids") { return nil }
    var name = stored
    if name.hasPrefix("model.language_model.") {
      name = "language_model.model." + name.dropFirst("model.language_model.".count)
    } else if name.hasPrefix("model.") {
      name = String(name.dropFirst("model.".count))
    } else if name == "lm_head.weight" {
      name = decoderNames.head
    }
    if name.hasPrefix("vision_tower."), !name.hasPrefix("vision_tower.vision_model.") {
      name = "vision_tower.vision_model." + name.dropFirst("vision_tower.".count)
    }
    return name
  }
}
