internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// The layout of LLaVA's own code: LLaMA's names, the projector as `mm_projector`, the tower inside the checkpoint or in a
/// folder of its own.
struct OriginalLayout: Sendable {
  static let modelTypes = ["llava", "llava_llama", "mod_llava_llama"]

  let text: DecoderConfiguration
  let projectorNames: [String]
  let decoderNames = DecoderNames(stem: "model.", head: "lm_head.weight")
  /// One id that no vocabulary holds stands for a picture in these models' prompts, and here for each of its rows.
  let imageTokenID = -200
  let template = ConversationTemplate.vicunaV1
  let picturesPerPrompt = 1

  init(_ files: ModelFiles) throws {
    text = try DecoderConfiguration(files.json, kind: .llama)
    projectorNames = try Projector.names(files.json)
    if try files.json.optionalBool("mm_use_im_start_end") == true {
      throw files.json.error(
        at: "mm_use_im_start_end", "models that mark pictures with start and end tokens are not supported")
    }
  }

  func name(ofStored name: String) -> String? {
    isBuffer(name) || name == decoderNames.head && text.tiesEmbeddings ? nil : name
  }

  func model(
    _ family: any ModelFamily, _ json: JSONObject, images: any ImageEncoder, from source: any ParameterSource
  ) -> VisionLanguageModel {
    VisionLanguageModel(
      family, configuration: json,
      decoder: TransformerDecoder(text, names: decoderNames, from: source), images: images,
      imageTokenID: imageTokenID)
  }
}

/// LLaVA-1.5 in its own code's layout (Liu et al. 2023).
struct OriginalLlava: ModelFamily {
  static let modelTypes = OriginalLayout.modelTypes
  static let summary = "llava, llava_llama (LLaVA-1.5 in its own code's layout)"

  let name = "llava (original layout)"

  private let layout: OriginalLayout
  private let vision: VisionTransformerConfiguration
  private let featureLayer: Int
  private let keepsClassToken: Bool
  let towers: [TowerFolder]
  private static let stem = "model.vision_tower.vision_tower"

  init(_ files: ModelFiles) throws {
    layout = try OriginalLayout(files)
    vision = try files.clip("mm_vision_tower")
    towers = try files.clipWeights("mm_vision_tower", stem: Self.stem)
    featureLayer = try vision.featureLayer(files.json, "mm_vision_select_layer")
    keepsClassToken = try files.json.optionalString("mm_vision_select_feature") == "cls_patch"
  }

  func name(ofStored name: String) -> String? { layout.name(ofStored: name) }

  var template: ConversationTemplate { layout.template }
  var pictureSide: Int? { vision.imageSize }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try CLIPImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    let images = LlavaImageEncoder(
      tower: VisionTransformer(vision, name: "\(Self.stem).vision_model", from: source),
      projector: Projector(
        layout.projectorNames, inputs: vision.hiddenSize, outputs: layout.text.hiddenSize, from: source),
      featureLayer: featureLayer, keepsClassToken: keepsClassToken)
    return layout.model(self, json, images: images, from: source)
  }
}
