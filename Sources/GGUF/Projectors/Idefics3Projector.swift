internal import StrictJSON

/// SmolVLM, SmolVLM2 and Idefics3: a SigLIP tower whose patches are shuffled into fewer rows.
struct Idefics3Projector: ProjectorFamily {
  static let types = ["idefics3"]
  private let file: ProjectorFile

  init(_ file: ProjectorFile) { self.file = file }

  let decoder = (stem: "model.text_model.", head: "lm_head.weight")

  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject {
    guard let image = id("<image>") else {
      throw file.fault(
        "clip.projector_type", "the text model has no token <image>; name files that belong together")
    }
    return JSONObject([
      ("model_type", "smolvlm"), ("text_config", .object(text)), ("vision_config", .object(try file.tower())),
      ("scale_factor", JSONValue(try file.optionalSize("projector.scale_factor") ?? 2)),
      ("image_token_id", JSONValue(image)),
      ("tie_word_embeddings", text["tie_word_embeddings"] ?? false),
    ])
  }

  func tensors() throws -> [String: GGUFTensor] {
    try file.towerTensors("model.vision_model.").merging(
      file.tensors([("mm.model.fc", "model.connector.modality_projection.proj")])
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
