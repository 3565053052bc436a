import Foundation
import StrictJSON
import Testing

@testable import Models

/// What configurations of the families of 2025 ask for that is not there, or makes no sense, is refused by its key.
@Suite struct NewFamilyFaultsTests {
  private static func configuration(_ name: String) throws -> JSONObject {
    try JSONObject.read(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Fixtures/models/\(name)/config.json").standardized)
  }

  static let faults: [(String, String?, String, JSONValue)] = [
    ("qwen3-vl", "vision_config", "num_position_embeddings", 35),
    ("qwen3-vl", "vision_config", "deepstack_visual_indexes", .array([1, 0])),
    ("qwen3-vl", "vision_config", "deepstack_visual_indexes", .array([0, 9])),
    ("qwen3-vl", "vision_config", "spatial_merge_size", JSONValue(1 << 16)),
    ("qwen3-vl", "vision_config", "temporal_patch_size", JSONValue(1 << 16)),
    ("qwen3-vl", "vision_config", "num_heads", 5), ("qwen3-vl", "vision_config", "hidden_act", "relu6"),
    ("gemma3", nil, "mm_tokens_per_image", 10), ("gemma3", nil, "mm_tokens_per_image", 400),
    ("gemma3", "text_config", "attn_logit_softcapping", 50),
    ("gemma3", "text_config", "query_pre_attn_scalar", 0),
    ("gemma3", "text_config", "use_bidirectional_attention", true),
    ("gemma3", "text_config", "hidden_activation", "silu"),
    ("gemma3", "text_config", "layer_types", .array(["full_attention"])),
    ("gemma3-text", nil, "final_logit_softcapping", -1),
    ("lfm2-vl", "vision_config", "num_patches", 15), ("lfm2-vl", nil, "downsample_factor", 65),
    ("lfm2-vl", "text_config", "layer_types", .array(["conv", "mamba", "conv", "conv"])),
    ("lfm2-vl", "text_config", "conv_L_cache", 0), ("lfm2-text", nil, "intermediate_size", 0),
    ("lfm2-text", nil, "block_ffn_dim_multiplier", -1),
    ("internvl", nil, "downsample_ratio", 1e-300), ("internvl", nil, "downsample_ratio", 0),
  ]

  @Test(arguments: faults)
  func faultsAreNamed(_ name: String, part: String?, key: String, value: JSONValue) throws {
    var json = try Self.configuration(name)
    _ = try ModelRegistry.standard.family(json)
    if let part {
      var inner = try json.object(part)
      inner[key] = value
      json[part] = .object(inner)
    } else {
      json[key] = value
    }
    let error = #expect(throws: JSONError.self) { try ModelRegistry.standard.family(json) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(key))
  }

  @Test(arguments: [
    ("quantization", JSONValue.object(JSONObject([("group_size", 64), ("bits", 4)])), "MLX of 4 bits"),
    ("quantization_config", .object(JSONObject([("quant_method", "awq")])), "the method awq"),
    ("quantization_config", .object(JSONObject([("bits", 4)])), "the method unknown"),
  ]) func packedFoldersOfOthersAreRefused(_ key: String, _ settings: JSONValue, _ words: String) throws {
    var json = try Self.configuration("qwen3-text")
    try ForeignQuantization.refuse(json)
    json[key] = settings
    let error = #expect(throws: JSONError.self) { try ForeignQuantization.refuse(json) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(words))
    json[key] = .object(JSONObject([("quant_method", "gamma-mod")]))
    if key == "quantization_config" { try ForeignQuantization.refuse(json) }
  }

  @Test(arguments: ["qwen3_5", "gemma4", "minicpmv4_6", "gemma3n"]) func othersAreRefusedByName(
    _ type: String
  ) {
    let error = #expect(throws: ModelError.self) {
      try ModelRegistry.standard.family(JSONObject([("model_type", .string(type))]))
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("the model type \(type) is not supported"))
  }
}
