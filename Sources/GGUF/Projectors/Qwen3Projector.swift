internal import Checkpoints
internal import StrictJSON

/// Qwen3-VL: a tower for pictures of any size that speaks to the first layers of the decoder, too.
struct Qwen3Projector: ProjectorFamily {
  static let types = ["qwen3vl_merger"]
  private let file: ProjectorFile
  /// The blocks behind which rows go to the first decoder layers.
  private let deepBlocks: [Int]

  init(_ file: ProjectorFile) throws {
    self.file = file
    let depth = try file.size("block_count")
    guard (0...4096).contains(depth) else {
      throw file.fault(
        "clip.vision.block_count", "\(depth) blocks are not supported; download the file again")
    }
    deepBlocks = (0..<depth).filter { file.has("v.deepstack.\($0).fc1.weight") }
  }

  let decoder = (stem: "model.language_model.", head: "lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    guard let image = id("<|image_pad|>"), let sections else {
      throw file.fault(
        "clip.projector_type",
        "the text model has no token <|image_pad|> or no rope.dimension_sections; name files that belong together"
      )
    }
    let vision = JSONObject([
      ("depth", JSONValue(try file.size("block_count"))), ("hidden_size", JSONValue(try file.width)),
      ("intermediate_size", JSONValue(try file.size("feed_forward_length"))),
      ("num_heads", JSONValue(try file.size("attention.head_count"))),
      ("patch_size", JSONValue(try file.size("patch_size"))),
      ("spatial_merge_size", JSONValue(try file.optionalSize("spatial_merge_size") ?? 2)),
      ("temporal_patch_size", 2),
      ("num_position_embeddings", JSONValue(try file.file.entry("v.position_embd.weight").shape.first ?? 0)),
      ("deepstack_visual_indexes", JSONValue(deepBlocks)), ("hidden_act", .string(try file.activation)),
    ])
    var text = text
    text["model_type"] = "qwen3_vl_text"
    text["rope_scaling"] = [
      "rope_type": "default", "mrope_section": JSONValue(sections), "mrope_interleaved": true,
    ]
    return JSONObject([
      ("model_type", "qwen3_vl"), ("text_config", .object(text)), ("vision_config", .object(vision)),
      ("image_token_id", JSONValue(image)), ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
  }

  func tensors() throws -> [String: GGUFTensor] {
    let stem = "model.visual."
    var names = [
      ("v.post_ln", stem + "merger.norm"), ("mm.0", stem + "merger.linear_fc1"),
      ("mm.2", stem + "merger.linear_fc2"),
    ]
    for (index, block) in deepBlocks.enumerated() {
      names += [("norm", "norm"), ("fc1", "linear_fc1"), ("fc2", "linear_fc2")].map {
        ("v.deepstack.\(block).\($0.0)", "\(stem)deepstack_merger_list.\(index).\($0.1)")
      }
    }
    let mlp = try file.mlp()
    var tensors = file.tensors(names)
    tensors.merge(
      try file.blocks(
        stem + "blocks.",
        [
          ("ln1", "norm1"), ("ln2", "norm2"), ("attn_qkv", "attn.qkv"), ("attn_out", "attn.proj"),
          (mlp.up, "mlp.linear_fc1"), (mlp.down, "mlp.linear_fc2"),
        ])
    ) { first, _ in first }
    tensors[stem + "patch_embed.proj.weight"] = GGUFTensor(
      .frames(["v.patch_embd.weight", "v.patch_embd.weight.1"]))
    tensors[stem + "patch_embed.proj.bias"] = GGUFTensor("v.patch_embd.bias")
    tensors[stem + "pos_embed.weight"] = GGUFTensor("v.position_embd.weight")
    return tensors
  }

  func preprocessor() throws -> JSONObject {
    // Files do not carry the areas; these are the released models'.
    let size: JSONValue = [
      "shortest_edge": JSONValue(try file.optionalSize("image_min_pixels") ?? 65_536),
      "longest_edge": JSONValue(try file.optionalSize("image_max_pixels") ?? 16_777_216),
    ]
    return JSONObject(
      [
        ("image_processor_type", "Qwen2VLImageProcessor"),
        ("patch_size", JSONValue(try file.size("patch_size"))),
        ("temporal_patch_size", 2),
        ("merge_size", JSONValue(try file.optionalSize("spatial_merge_size") ?? 2)),
        ("size", size),
      ] + (try file.colours()))
  }
}
