package import Checkpoints
internal import Foundation
public import StrictJSON
package import Tensors

/// The model families, found by what config.json says.
public enum ModelRegistry {
  /// A family that this project can run.
  enum Family {
    case llava(LlavaConfiguration)
    case llama(LlamaConfiguration)
  }

  /// The `model_type` values that load, for messages.
  public static let supported = ["llava (LLaVA-1.5 in Hugging Face layout)", "llama (text only)"]

  static func family(of json: JSONObject, in place: String) throws -> Family {
    let type = try json.optionalString("model_type") ?? "none"
    switch type {
    case "llava" where json["text_config"] != nil:
      let textType = try json.object("text_config").optionalString("model_type") ?? "llama"
      guard textType == "llama" else {
        throw ModelError("\(place): a LLaVA model with a \(textType) decoder is not supported; llama is")
      }
      return .llava(try LlavaConfiguration(json))
    case "llava":
      throw ModelError(
        "\(place): it has no text_config, so this is LLaVA in its original code's layout, which is not supported; use the model's Hugging Face conversion"
      )
    case "llama":
      return .llama(try LlamaConfiguration(json))
    default:
      throw ModelError(
        "\(place): the model type \(type) is not supported; supported are \(supported.joined(separator: ", "))"
      )
    }
  }

  /// A dense model from a checkpoint folder; keys and tensors of routers are left to the caller.
  /// - Parameters:
  ///   - dtype: The format of the weights in memory.
  ///   - isForeign: Names on disk that belong to the caller and not to the dense model.
  package static func load(
    _ folder: CheckpointFolder, dtype: DType, isForeign: (String) -> Bool = { _ in false }
  ) throws -> VisionLanguageModel {
    let json = try folder.config()
    let place = folder.url.appendingPathComponent("config.json").path
    let family = try family(of: json, in: place)
    let source = try CheckpointParameters(folder, dtype: dtype) { name in
      isForeign(name) ? nil : familyName(name, in: family)
    }
    let model = model(family, json: json, from: source)
    try source.finish()
    return model
  }

  /// A model with new random weights.
  public static func random(_ json: JSONObject, seed: UInt64) throws -> VisionLanguageModel {
    try build(json, from: RandomParameters(seed: seed))
  }

  /// A model of a configuration with parameters of any origin.
  public static func build(_ json: JSONObject, from source: any ParameterSource) throws -> VisionLanguageModel
  {
    model(try family(of: json, in: "config.json"), json: json, from: source)
  }

  /// The family's own name of a stored tensor; nil for tensors that a model does without.
  static func familyName(_ stored: String, in family: Family) -> String? {
    switch family {
    case .llava: Llava.hubName(stored)
    case .llama: stored.hasSuffix(".rotary_emb.inv_freq") ? nil : stored
    }
  }

  static func model(_ family: Family, json: JSONObject, from source: any ParameterSource)
    -> VisionLanguageModel
  {
    switch family {
    case .llava(let configuration): Llava.model(configuration, json: json, from: source)
    case .llama(let configuration):
      VisionLanguageModel(
        family: "llama", configuration: json,
        decoder: LlamaDecoder(
          configuration, names: DecoderNames(stem: "model.", head: "lm_head.weight"), from: source),
        images: nil,
        imageTokenID: nil)
    }
  }
}
