internal import StrictJSON

/// Gemma 3: a SigLIP tower, squares of whose patches become rows.
struct Gemma3Projector: ProjectorFamily {
  static let types = ["gemma3"]
  private let file: ProjectorFile

  init(_ file: ProjectorFile) { self.file = file }

  let decoder = (stem: "language_model.model.", head: "language_model.lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    let (side, patch) = (try file.size("image_size"), try file.size("patch_size"))
    let square = try file.optionalSize("projector.scale_factor") ?? 4
    guard (1...1 << 16).contains(side), (1...side).contains(patch), (1...side / patch).contains(square) else {
      throw file.fault(
        "clip.vision.patch_size",
        "\(side) pixels have no \(square) patches of \(patch); convert the model again")
    }
    let rows = side / patch / square
    return JSONObject([
      ("model_type", "gemma3"), ("text_config", .object(text)), ("vision_config", .object(try file.tower())),
      ("mm_tokens_per_image", JSONValue(rows * rows)),
      ("image_token_index", JSONValue(id("<image_soft_token>") ?? 262_144)),
    ])
  }

  func tensors() throws -> [String: GGUFTensor] {
    let stem = "multi_modal_projector."
    return try file.towerTensors("vision_tower.vision_model.").merging([
      stem + "mm_input_projection_weight": GGUFTensor("mm.input_projection.weight"),
      // What was added to the weights of norms.
      stem + "mm_soft_emb_norm.weight": GGUFTensor("mm.soft_emb_norm.weight", shift: -1),
    ]) { first, _ in first }
  }

  func preprocessor() throws -> JSONObject {
    let side = JSONValue(try file.size("image_size"))
    return JSONObject(
      [
        ("image_processor_type", "Gemma3ImageProcessor"), ("size", ["height": side, "width": side]),
        ("resample", 2),
      ] + (try file.colours()))
  }
}
