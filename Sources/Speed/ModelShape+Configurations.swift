internal import StrictJSON

/// The configurations as the published checkpoints have them, without what only training reads.
extension ModelShape {
  /// config.json.
  var configuration: JSONObject {
    switch self {
    case .llama11b:
      Self.llama(width: 2048, inner: 5632, layers: 22, heads: 32, keyHeads: 4, ["model_type": "llama"])
    case .llava15:
      Self.object([
        "model_type": "llava", "image_token_index": 32000, "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default", "projector_hidden_act": "gelu",
        "text_config": .object(Self.vicuna(["model_type": "llama"])),
        "vision_config": [
          "model_type": "clip_vision_model", "hidden_size": 1024, "intermediate_size": 4096,
          "num_hidden_layers": 24, "num_attention_heads": 16, "image_size": 336, "patch_size": 14,
        ],
      ])
    case .llavaHR:
      Self.vicuna([
        "model_type": "llava_llama", "is_multipath_encoder": true, "input_image_size": 1024,
        "image_aspect_ratio": "pad", "mm_projector_type": "mlp2x_gelu", "freeze_vision": false,
        "mm_vision_tower": "openai/clip-vit-large-patch14-336",
        "vision_tower_slow": "convnext_large_mlp.clip_laion2b_ft_320",
      ])
    case .mgmHD:
      Self.vicuna([
        "model_type": "mgm", "image_grid": 2, "image_global": true, "image_size_aux": 1536,
        "image_aspect_ratio": "pad", "mm_projector_type": "mlp2x_gelu", "mm_vision_select_layer": -2,
        "mm_vision_tower": "openai/clip-vit-large-patch14-336",
        "mm_vision_tower_aux": "openclip-convnext-large-d-320-laion2B-s29B-b131K-ft-soup",
      ])
    case .smolVLM:
      Self.object([
        "model_type": "smolvlm", "image_token_id": 49190, "scale_factor": 4,
        "text_config": [
          "model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
          "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49280, "rope_theta": 100000,
          "max_position_embeddings": 8192,
        ],
        "vision_config": [
          "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
          "num_attention_heads": 12, "image_size": 512, "patch_size": 16,
        ],
      ])
    case .qwen25VL:
      Self.object([
        "model_type": "qwen2_5_vl", "hidden_size": 2048, "intermediate_size": 11008,
        "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2,
        "vocab_size": 151_936, "max_position_embeddings": 128_000, "rms_norm_eps": 1e-6,
        "rope_theta": 1e6, "rope_scaling": ["type": "mrope", "mrope_section": [16, 24, 24]],
        "tie_word_embeddings": true, "image_token_id": 151_655,
        "vision_config": [
          "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16,
          "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112,
          "fullatt_block_indexes": [7, 15, 23, 31],
        ],
      ])
    }
  }

  /// preprocessor_config.json; nil for models that read text only.
  var preprocessor: JSONObject? {
    switch self {
    case .llama11b: nil
    // CLIP's rules at 336 pixels.
    case .llava15, .llavaHR, .mgmHD: Self.object([:])
    case .smolVLM:
      Self.object([
        "image_processor_type": "SmolVLMImageProcessor", "size": ["longest_edge": 2048],
        "max_image_size": ["longest_edge": 512], "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
      ])
    // No more than 1,024 rows for a picture, of the 16,384 that the published file allows.
    case .qwen25VL:
      Self.object([
        "image_processor_type": "Qwen2_5_VLImageProcessor", "max_pixels": JSONValue(1024 * 28 * 28),
      ])
    }
  }

  private static func vicuna(_ others: KeyValuePairs<String, JSONValue>) -> JSONObject {
    llama(width: 4096, inner: 11008, layers: 32, heads: 32, keyHeads: 32, others)
  }

  private static func llama(
    width: Int, inner: Int, layers: Int, heads: Int, keyHeads: Int,
    _ others: KeyValuePairs<String, JSONValue>
  ) -> JSONObject {
    let sizes: KeyValuePairs<String, JSONValue> = [
      "hidden_size": JSONValue(width), "intermediate_size": JSONValue(inner),
      "num_hidden_layers": JSONValue(layers), "num_attention_heads": JSONValue(heads),
      "num_key_value_heads": JSONValue(keyHeads), "vocab_size": 32000, "max_position_embeddings": 4096,
    ]
    return JSONObject((Array(others) + Array(sizes)).map { ($0.key, $0.value) })
  }

  private static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONObject {
    JSONObject(members.map { ($0.key, $0.value) })
  }
}
