internal import Checkpoints
internal import StrictJSON

/// Qwen2-VL and Qwen2.5-VL: a tower for pictures of any size.
struct QwenProjector: ProjectorFamily {
  static let types = ["qwen2vl_merger", "qwen2.5vl_merger"]
  private let file: ProjectorFile
  /// Whether the model is Qwen2-VL.
  private let isFirst: Bool

  init(_ file: ProjectorFile) throws {
    self.file = file
    isFirst = try file.type == "qwen2vl_merger"
  }

  let decoder = (stem: "model.", head: "lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    let (width, depth) = (try file.width, try file.size("block_count"))
    var vision = JSONObject([
      ("depth", JSONValue(depth)), ("num_heads", JSONValue(try file.size("attention.head_count"))),
      ("patch_size", JSONValue(try file.size("patch_size"))), ("temporal_patch_size", 2),
      ("spatial_merge_size", JSONValue(try file.optionalSize("spatial_merge_size") ?? 2)),
    ])
    let rows = try file.file.entry("v.blk.0.\(file.mlp().up).weight").shape.first ?? 0
    if isFirst {
      guard width > 0, rows % width == 0 else {
        throw file.fault(
          "clip.vision.feed_forward_length",
          "\(rows) is no multiple of the width \(width); convert the model again")
      }
      vision["embed_dim"] = JSONValue(width)
      vision["mlp_ratio"] = JSONValue(rows / width)
    } else {
      let pattern = try file.optionalSize("n_wa_pattern") ?? 8
      guard pattern > 0 else { throw file.fault("clip.vision.n_wa_pattern", "it must be positive") }
      vision["hidden_size"] = JSONValue(width)
      vision["intermediate_size"] = JSONValue(rows)
      vision["window_size"] = JSONValue(try file.optionalSize("window_size") ?? 112)
      vision["fullatt_block_indexes"] = JSONValue((0..<max(0, depth)).filter { ($0 + 1) % pattern == 0 })
    }
    guard let image = id("<|image_pad|>"), let sections else {
      throw file.fault(
        "clip.projector_type",
        "the text model has no token <|image_pad|> or no rope.dimension_sections; name files that belong together"
      )
    }
    var json = text
    json["model_type"] = isFirst ? "qwen2_vl" : "qwen2_5_vl"
    json["vision_config"] = .object(vision)
    json["image_token_id"] = JSONValue(image)
    json["rope_scaling"] = ["type": "mrope", "mrope_section": JSONValue(sections)]
    return json
  }

  func tensors() throws -> [String: GGUFTensor] {
    let mlp = try file.mlp()
    var tensors = file.tensors([
      ("v.post_ln", "visual.merger.ln_q"), ("mm.0", "visual.merger.mlp.0"), ("mm.2", "visual.merger.mlp.2"),
    ])
    tensors["visual.patch_embed.proj.weight"] = GGUFTensor(
      .frames(["v.patch_embd.weight", "v.patch_embd.weight.1"]))
    let parts =
      isFirst
      ? [(mlp.up, "mlp.fc1"), (mlp.down, "mlp.fc2")]
      : [("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj")]
    tensors.merge(
      try file.blocks(
        "visual.blocks.",
        [("ln1", "norm1"), ("ln2", "norm2"), ("attn_out", "attn.proj"), ("attn_qkv", "attn.qkv")] + parts)
    ) { first, _ in first }
    for block in 0..<(try file.size("block_count")) where !file.has("v.blk.\(block).attn_qkv.weight") {
      for ending in ["weight", "bias"] {
        tensors["visual.blocks.\(block).attn.qkv.\(ending)"] = GGUFTensor(
          .rows(["q", "k", "v"].map { "v.blk.\(block).attn_\($0).\(ending)" }))
      }
    }
    return tensors
  }

  func preprocessor() throws -> JSONObject {
    var json = JSONObject(
      [
        ("image_processor_type", "Qwen2VLImageProcessor"),
        ("patch_size", JSONValue(try file.size("patch_size"))),
        ("temporal_patch_size", 2),
        ("merge_size", JSONValue(try file.optionalSize("spatial_merge_size") ?? 2)),
      ] + (try file.colours()))
    if let least = try file.optionalSize("image_min_pixels") { json["min_pixels"] = JSONValue(least) }
    if let most = try file.optionalSize("image_max_pixels") { json["max_pixels"] = JSONValue(most) }
    return json
  }
}
