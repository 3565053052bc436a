internal import StrictJSON

/// Pixtral and Mistral 3: a tower for pictures of any size, whose queries and keys have the pairs of a rotation side by side.
struct PixtralProjector: ProjectorFamily {
  static let types = ["pixtral"]
  private let file: ProjectorFile
  /// Whether squares of patches become one row.
  private let isMerged: Bool

  init(_ file: ProjectorFile) {
    self.file = file
    isMerged = file.has("mm.patch_merger.weight")
  }

  let decoder = (stem: "language_model.model.", head: "language_model.lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    var vision = try file.tower()
    vision["model_type"] = "pixtral"
    vision["rope_theta"] = 10000
    guard let image = id("[IMG]") else {
      throw file.fault(
        "clip.projector_type", "the text model has no token [IMG]; name files that belong together")
    }
    var json = JSONObject([
      ("model_type", isMerged ? "mistral3" : "llava"), ("text_config", .object(text)),
      ("vision_config", .object(vision)),
      ("vision_feature_layer", -1), ("vision_feature_select_strategy", "full"),
      ("image_token_index", JSONValue(image)),
      ("multimodal_projector_bias", .bool(file.has("mm.1.bias"))),
      ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
    if isMerged { json["spatial_merge_size"] = JSONValue(try file.optionalSize("spatial_merge_size") ?? 2) }
    return json
  }

  func tensors() throws -> [String: GGUFTensor] {
    let stem = "vision_tower."
    var tensors = file.tensors([
      ("v.patch_embd", stem + "patch_conv"), ("v.pre_ln", stem + "ln_pre"),
      ("mm.input_norm", "multi_modal_projector.norm"),
      ("mm.patch_merger", "multi_modal_projector.patch_merger.merging_layer"),
      ("mm.1", "multi_modal_projector.linear_1"),
      ("mm.2", "multi_modal_projector.linear_2"),
    ])
    tensors.merge(
      try file.blocks(
        stem + "transformer.layers.",
        [
          ("ln1", "attention_norm"), ("ln2", "ffn_norm"), ("attn_v", "attention.v_proj"),
          ("attn_out", "attention.o_proj"),
          ("ffn_gate", "feed_forward.gate_proj"), ("ffn_up", "feed_forward.up_proj"),
          ("ffn_down", "feed_forward.down_proj"),
        ])
    ) { first, _ in first }
    let heads = try file.size("attention.head_count")
    for block in 0..<(try file.size("block_count")) {
      for part in ["q", "k"] {
        tensors["\(stem)transformer.layers.\(block).attention.\(part)_proj.weight"] = GGUFTensor(
          "v.blk.\(block).attn_\(part).weight", order: .pairs(heads: heads))
      }
    }
    return tensors
  }

  func preprocessor() throws -> JSONObject {
    let patch = JSONValue(try file.size("patch_size"))
    return JSONObject(
      [
        ("image_processor_type", "PixtralImageProcessor"),
        ("size", ["longest_edge": JSONValue(try file.size("image_size"))]),
        ("patch_size", ["height": patch, "width": patch]),
      ] + (try file.colours()))
  }
}
