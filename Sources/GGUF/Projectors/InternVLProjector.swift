internal import StrictJSON

/// InternVL: InternViT's tiles, squares of whose patches become rows.
struct InternVLProjector: ProjectorFamily {
  static let types = ["internvl"]
  private let file: ProjectorFile

  init(_ file: ProjectorFile) throws {
    self.file = file
    if file.has("v.blk.0.attn_q_norm.weight") {
      throw file.fault(
        "clip.projector_type",
        "towers that normalise queries and keys (InternViT-6B) are not supported; take a model of 8B or less")
    }
  }

  let decoder = (stem: "language_model.model.", head: "language_model.lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    var vision = try file.tower()
    // Files only tell one GELU from none.
    vision["hidden_act"] = "gelu"
    vision["attention_bias"] = .bool(file.has("v.blk.0.attn_q.bias"))
    let square = try file.optionalSize("projector.scale_factor") ?? 2
    guard (1...64).contains(square), let image = id("<IMG_CONTEXT>") else {
      throw file.fault(
        "clip.projector_type",
        "the text model has no token <IMG_CONTEXT>, or the scale factor is none from 1 to 64; name files that belong together"
      )
    }
    return JSONObject([
      ("model_type", "internvl"), ("text_config", .object(text)), ("vision_config", .object(vision)),
      ("downsample_ratio", .number(1 / Double(square))), ("image_token_id", JSONValue(image)),
      ("vision_feature_layer", -1), ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
  }

  func tensors() throws -> [String: GGUFTensor] {
    let (stem, mlp) = ("vision_tower.", try file.mlp())
    var tensors = file.tensors([
      ("v.patch_embd", stem + "embeddings.patch_embeddings.projection"),
      ("mm.0", "multi_modal_projector.layer_norm"),
      ("mm.1", "multi_modal_projector.linear_1"), ("mm.3", "multi_modal_projector.linear_2"),
    ])
    tensors.merge(
      try file.blocks(
        stem + "encoder.layer.",
        [
          ("ln1", "layernorm_before"), ("ln2", "layernorm_after"), ("attn_q", "attention.q_proj"),
          ("attn_k", "attention.k_proj"),
          ("attn_v", "attention.v_proj"), ("attn_out", "attention.projection_layer"), (mlp.up, "mlp.fc1"),
          (mlp.down, "mlp.fc2"),
        ])
    ) { first, _ in first }
    for block in 0..<(try file.size("block_count")) {
      for (stored, name) in [("ls1", "lambda_1"), ("ls2", "lambda_2")] {
        tensors["\(stem)encoder.layer.\(block).\(name)"] = GGUFTensor("v.blk.\(block).\(stored).weight")
      }
    }
    tensors[stem + "embeddings.cls_token"] = GGUFTensor(.lifted("v.class_embd", axes: 2))
    tensors[stem + "embeddings.position_embeddings"] = GGUFTensor(.lifted("v.position_embd.weight", axes: 1))
    return tensors
  }

  func preprocessor() throws -> JSONObject {
    let side = JSONValue(try file.size("image_size"))
    return JSONObject(
      [
        ("image_processor_type", "GotOcr2ImageProcessor"), ("size", ["height": side, "width": side]),
        ("crop_to_patches", true),
        ("min_patches", JSONValue(try file.optionalSize("preproc_min_tiles") ?? 1)),
        ("max_patches", JSONValue(try file.optionalSize("preproc_max_tiles") ?? 12)),
      ] + (try file.colours()))
  }
}
