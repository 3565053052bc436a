internal import StrictJSON

/// LLaVA-1.5 and 1.6: a CLIP tower without the layers behind the one whose features are read; 1.6 reads tiles as well.
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
    var vision = try file.tower()
    vision["model_type"] = "clip_vision_model"
    var json = JSONObject([
      ("model_type", isTiled ? "llava_next" : "llava"), ("text_config", .object(text)),
      ("vision_config", .object(vision)),
      // All layers of the file run; those behind the one that is read are not in it.
      (
        "vision_feature_layer",
        JSONValue(try file.metadata.optionalInts("clip.vision.feature_layer")?.last ?? -1)
      ),
      ("vision_feature_select_strategy", "default"), ("projector_hidden_act", "gelu"),
      ("image_token_index", JSONValue(id("<image>") ?? -200)), ("image_aspect_ratio", "pad"),
      ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
    if let sizes = try sizes() { json["image_grid_pinpoints"] = sizes }
    return json
  }

  /// Whether pictures are cut into tiles whose rows are one grid.
  private var isTiled: Bool { file.has(Self.newline) }
  private static let newline = "model.image_newline"

  /// The sizes to which pictures are brought before they are cut, height in front of width; files have the width first.
  private func sizes() throws -> JSONValue? {
    guard isTiled else { return nil }
    let key = "clip.vision.image_grid_pinpoints"
    guard let numbers = try file.metadata.optionalInts(key), numbers.count % 2 == 0, !numbers.isEmpty else {
      throw file.fault(key, "pairs of a width and a height are needed; convert the model again")
    }
    return JSONValue(
      stride(from: 0, to: numbers.count, by: 2).map { JSONValue([numbers[$0 + 1], numbers[$0]]) })
  }

  func tensors() throws -> [String: GGUFTensor] {
    var tensors = try file.towerTensors(stem)
    tensors.merge(
      file.tensors([("mm.0", "multi_modal_projector.linear_1"), ("mm.2", "multi_modal_projector.linear_2")])
    ) { first, _ in first }
    tensors[stem + "embeddings.class_embedding"] = GGUFTensor("v.class_embd")
    if isTiled { tensors["image_newline"] = GGUFTensor(Self.newline) }
    if !file.has("v.post_ln.weight") {
      let shape = [try file.width]
      tensors[stem + "post_layernorm.weight"] = GGUFTensor(.constant(1, shape: shape))
      tensors[stem + "post_layernorm.bias"] = GGUFTensor(.constant(0, shape: shape))
    }
    return tensors
  }

  func preprocessor() throws -> JSONObject {
    let side = JSONValue(try file.size("image_size"))
    var json = JSONObject(
      [
        ("image_processor_type", isTiled ? "LlavaNextImageProcessor" : "CLIPImageProcessor"),
        ("size", ["shortest_edge": side]),
        ("crop_size", ["height": side, "width": side]), ("resample", 3),
      ] + (try file.colours()))
    if let sizes = try sizes() { json["image_grid_pinpoints"] = sizes }
    return json
  }
}
