import Foundation
import StrictJSON

/// What `adapter_config.json` says about an adapter that PEFT wrote: how its matrices change those of the model.
struct LoRAConfiguration {
  static let fileName = "adapter_config.json"

  /// Rows of every A and columns of every B.
  let rank: Int
  /// What B·A is multiplied by: α / r, or α / √r for rank-stabilised adapters (arXiv 2312.03732).
  let scale: Float
  /// Ends of the names of the layers that are changed; nil if they are given by a pattern.
  let targets: [String]?
  /// Ends of the names of the layers that are replaced as a whole.
  let replaced: [String]
  /// Whether the model's matrices are stored as inputs × outputs.
  let fanInFanOut: Bool

  /// - Throws: `CheckpointError` or `JSONError` if the file is malformed or asks for what merging cannot do.
  init(_ url: URL) throws {
    let json = try JSONObject.read(contentsOf: url)
    let type = try json.string("peft_type")
    guard type == "LORA" else {
      throw json.error(at: "peft_type", "adapters of the type \(type) are not supported; LORA is")
    }
    try Self.refuseVariants(json)
    rank = try json.int("r")
    guard 1...CheckpointLimits.loraRank ~= rank else {
      throw json.error(at: "r", "must be from 1 to \(CheckpointLimits.loraRank), not \(rank)")
    }
    let alpha = try json.double("lora_alpha")
    let divisor = try json.optionalBool("use_rslora") ?? false ? Double(rank).squareRoot() : Double(rank)
    guard alpha.isFinite, Float(alpha / divisor).isFinite else {
      throw json.error(at: "lora_alpha", "must be a number that float32 can hold")
    }
    scale = Float(alpha / divisor)
    targets = json["target_modules"]?.string == nil ? try json.optionalStrings("target_modules") : nil
    replaced = try json.optionalStrings("modules_to_save") ?? []
    fanInFanOut = try json.optionalBool("fan_in_fan_out") ?? false
  }

  /// Variants of LoRA change the model in another way than W + scale · B · A, or start from other weights.
  private static func refuseVariants(_ json: JSONObject) throws {
    let switches = ["use_dora": "DoRA", "use_qalora": "QA-LoRA", "lora_bias": "LoRA with biases of its own"]
    for (key, name) in switches.sorted(by: { $0.key < $1.key }) where json[key]?.bool == true {
      throw json.error(at: key, "\(name) is not supported; merge the adapter with PEFT and load the result")
    }
    let settings = [
      "rank_pattern", "alpha_pattern", "layer_replication", "target_parameters", "trainable_token_indices",
      "alora_invocation_tokens", "arrow_config", "loftq_config", "eva_config", "corda_config",
    ]
    for key in settings {
      guard let value = json[key], !value.isNull, value.object?.isEmpty != true, value.array?.isEmpty != true
      else { continue }
      throw json.error(
        at: key, "this setting is not supported; merge the adapter with PEFT and load the result")
    }
    // These compute new weights for the base model when training starts.
    if let start = json["init_lora_weights"]?.string,
      ["pissa", "olora", "corda", "loftq", "lora_ga"].contains(where: start.lowercased().hasPrefix)
    {
      throw json.error(
        at: "init_lora_weights", "adapters that start as \(start) change the base; merge them with PEFT")
    }
  }
}
