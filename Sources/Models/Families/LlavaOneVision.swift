internal import Images
internal import StrictJSON
internal import Tokenization

/// LLaVA-NeXT (LLaVA-1.6, Liu et al. 2024) and LLaVA-OneVision (Li et al. 2024) in Hugging Face's layout: the tower reads the
/// whole picture and tiles of it; the tiles' rows are laid out as one grid again, and each of its lines ends with a learnt row.
struct LlavaOneVision: ModelFamily {
  static let modelTypes = ["llava_next", "llava_onevision"]

  let name: String

  private let base: LlavaConfiguration
  private let grids: AnyResolution
  private let names = HubNames()

  init(_ files: ModelFiles) throws {
    let json = files.json
    let isNext = try json.optionalString("model_type") == "llava_next"
    name = isNext ? "llava-next" : "llava-onevision"
    base =
      isNext
      ? try LlavaConfiguration(json)
      : try LlavaConfiguration(
        json, imageTokenID: 151_646, featureLayer: -1, selectStrategy: "full")
    guard base.vision.tokenCount - (base.keepsFirst ? 0 : 1) == base.vision.patchCount else {
      throw json.error(
        at: "vision_feature_select_strategy",
        "the tower's rows must be its patches: \"default\" with CLIP, \"full\" with SigLIP")
    }
    let usual = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]
    var grids = try AnyResolution(
      AnyResolution.pairs(json) ?? (isNext ? usual : []), of: json, tower: base.vision)
    if !isNext {
      let key = "vision_aspect_ratio"
      grids.mostTiles = try AnyResolution.mostTiles(
        json.optionalString(key) ?? "anyres_max_9", at: key, of: json)
    }
    self.grids = grids
  }

  func name(ofStored name: String) -> String? {
    names.name(ofStored: name, tiesEmbeddings: base.text.tiesEmbeddings)
  }

  var template: ConversationTemplate {
    name == "llava-onevision" ? .llavaOneVision : base.text.kind.template
  }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try LLaVAOneVisionImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(base.text, names: names.decoder, from: source),
      images: AnyResolutionEncoder(
        grids, views: base.encoder(from: source), newline: "image_newline", width: base.text.hiddenSize,
        from: source), imageTokenID: base.imageTokenID)
  }
}
