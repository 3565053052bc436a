internal import StrictJSON

/// LLaVA-1.5: a CLIP tower without the layers behind the one whose features are read.
struct LlavaProjector: ProjectorFamily {
  static let types = ["mlp"]
  private let file: ProjectorFile
  private let stem = "vision_tower.vision_model."

  init(_ file: ProjectorFile) throws {
    self.file = file
    if file.has("mm.3.weight") || file.has("mm.model.mlp.1.weight") {
      throw file.fault(
        "clip.projector_type",
        "this variant of LLaVA's projector is not supported; take a model of two layers")
    }
  }

  let decoder = (stem: "language_model.model.", head: "language_model.lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    let vision = JSONObject([
      ("model_type", "clip_vision_model"), ("hidden_size", JSONValue(try file.width)),
      ("intermediate_size", JSONValue(try file.size("feed_forward_length"))),
      ("num_hidden_layers", JSONValue(try file.size("block_count"))),
      ("num_attention_heads", JSONValue(try file.size("attention.head_count"))),
      ("image_size", JSONValue(try file.size("image_size"))),
      ("patch_size", JSONValue(try file.size("patch_size"))),
      ("layer_norm_eps", .number(try file.normEpsilon)), ("hidden_act", .string(try file.activation)),
    ])
    return JSONObject([
      ("model_type", "llava"), ("text_config", .object(text)), ("vision_config", .object(vision)),
      // All layers of the file run; those behind the one that is read are not in it.
      (
        "vision_feature_layer",
        JSONValue(try file.metadata.optionalInts("clip.vision.feature_layer")?.last ?? -1)
      ),
      ("vision_feature_select_strategy", "default"), ("projector_hidden_act", "gelu"),
      ("image_token_index", JSONValue(id("<image>") ?? -200)), ("image_aspect_ratio", "pad"),
      ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
  }

  func tensors() throws -> [String: GGUFTensor] {
    let mlp = try file.mlp()
    var tensors = file.tensors([
      ("v.patch_embd", stem + "embeddings.patch_embedding"),
      ("v.position_embd", stem + "embeddings.position_embedding"),
      ("v.pre_ln", stem + "pre_layrnorm"), ("v.post_ln", stem + "post_layernorm"),
      ("mm.0", "multi_modal_projector.linear_1"), ("mm.2", "multi_modal_projector.linear_2"),
    ])
    tensors.merge(
      try file.blocks(
        stem + "encoder.layers.",
        [
          ("ln1", "layer_norm1"), ("ln2", "layer_norm2"), ("attn_q", "self_attn.q_proj"),
          ("attn_k", "self_attn.k_proj"),
          ("attn_v", "self_attn.v_proj"), ("attn_out", "self_attn.out_proj"), (mlp.up, "mlp.fc1"),
          (mlp.down, "mlp.fc2"),
        ])
    ) { first, _ in first }
    tensors[stem + "embeddings.class_embedding"] = GGUFTensor("v.class_embd")
    if !file.has("v.post_ln.weight") {
      let shape = [try file.width]
      tensors[stem + "post_layernorm.weight"] = GGUFTensor(.constant(1, shape: shape))
      tensors[stem + "post_layernorm.bias"] = GGUFTensor(.constant(0, shape: shape))
    }
    return tensors
  }

  func preprocessor() throws -> JSONObject {
    let side = JSONValue(try file.size("image_size"))
    return JSONObject(
      [
        ("image_processor_type", "CLIPImageProcessor"), ("size", ["shortest_edge": side]),
        ("crop_size", ["height": side, "width": side]), ("resample", 3),
      ] + (try file.colours()))
  }
}
