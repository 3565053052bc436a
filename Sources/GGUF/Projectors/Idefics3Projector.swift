internal import StrictJSON

/// SmolVLM, SmolVLM2 and Idefics3: a SigLIP tower whose patches are shuffled into fewer rows.
struct Idefics3Projector: ProjectorFamily {
  static let types = ["idefics3"]
  private let file: ProjectorFile
  private let stem = "model.vision_model."

  init(_ file: ProjectorFile) { self.file = file }

  let decoder = (stem: "model.text_model.", head: "lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    let vision = JSONObject([
      ("hidden_size", JSONValue(try file.width)),
      ("intermediate_size", JSONValue(try file.size("feed_forward_length"))),
      ("num_hidden_layers", JSONValue(try file.size("block_count"))),
      ("num_attention_heads", JSONValue(try file.size("attention.head_count"))),
      ("image_size", JSONValue(try file.size("image_size"))),
      ("patch_size", JSONValue(try file.size("patch_size"))),
      ("layer_norm_eps", .number(try file.normEpsilon)), ("hidden_act", .string(try file.activation)),
    ])
    guard let image = id("<image>") else {
      throw file.fault(
        "clip.projector_type", "the text model has no token <image>; name files that belong together")
    }
    return JSONObject([
      ("model_type", "smolvlm"), ("text_config", .object(text)), ("vision_config", .object(vision)),
      ("scale_factor", JSONValue(try file.optionalSize("projector.scale_factor") ?? 2)),
      ("image_token_id", JSONValue(image)),
      ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
  }

  func tensors() throws -> [String: GGUFTensor] {
    let mlp = try file.mlp()
    return file.tensors([
      ("v.patch_embd", stem + "embeddings.patch_embedding"),
      ("v.position_embd", stem + "embeddings.position_embedding"),
      ("v.post_ln", stem + "post_layernorm"), ("mm.model.fc", "model.connector.modality_projection.proj"),
    ]).merging(
      try file.blocks(
        stem + "encoder.layers.",
        [
          ("ln1", "layer_norm1"), ("ln2", "layer_norm2"), ("attn_q", "self_attn.q_proj"),
          ("attn_k", "self_attn.k_proj"),
          ("attn_v", "self_attn.v_proj"), ("attn_out", "self_attn.out_proj"), (mlp.up, "mlp.fc1"),
          (mlp.down, "mlp.fc2"),
        ])
    ) { first, _ in first }
  }

  func preprocessor() throws -> JSONObject {
    let side = try file.size("image_size")
    // Old files do not say to which size pictures are brought before they are cut: four tiles.
    let longest = try file.optionalSize("preproc_image_size") ?? 4 * side
    return JSONObject(
      [
        ("image_processor_type", "Idefics3ImageProcessor"), ("size", ["longest_edge": JSONValue(longest)]),
        ("max_image_size", ["longest_edge": JSONValue(side)]), ("do_image_splitting", true),
      ] + (try file.colours()))
  }
}
