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
  var template: ConversationTemplate {
    switch text.kind {
    case .mistral: .mistralInstruct
    case .qwen2: .qwen15
    default: .vicunaV1
    }
  }
  let picturesPerPrompt = 1

  init(_ files: ModelFiles) throws {
    let kinds: [String: DecoderKind] = ["llava_mistral": .mistral, "llava_qwen": .qwen2]
    text = try DecoderConfiguration(
      files.json, kind: kinds[files.json.optionalString("model_type") ?? ""] ?? .llama)
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

/// LLaVA-1.5, LLaVA-NeXT (1.6) and LLaVA-OneVision in their own code's layout (Liu et al. 2023, 2024, Li et al. 2024).
struct OriginalLlava: ModelFamily {
  static let modelTypes = OriginalLayout.modelTypes + ["llava_mistral", "llava_qwen"]
  static let summary =
    "llava, llava_llama, llava_mistral, llava_qwen (LLaVA-1.5, LLaVA-NeXT and LLaVA-OneVision in their own code's layout)"

  let name = "llava (original layout)"

  private let layout: OriginalLayout
  private let vision: VisionTransformerConfiguration
  private let featureLayers: [Int]
  private let keepsFirst: Bool
  /// How pictures are cut up; nil where they are one square.
  private let grids: AnyResolution?
  let towers: [TowerFolder]
  private static let stem = "model.vision_tower.vision_tower"
  private static let newline = "model.image_newline"

  init(_ files: ModelFiles) throws {
    let json = files.json
    layout = try OriginalLayout(files)
    let vision = try files.tower("mm_vision_tower")
    self.vision = vision
    towers = try files.towerWeights("mm_vision_tower", stem: Self.stem, layers: vision.layerCount)
    // The SigLIP tower has lost its last layer, and its end is what is read.
    featureLayers =
      vision.kind == .siglip ? [-1] : try vision.featureLayers(json, "mm_vision_select_layer", most: 1)
    keepsFirst =
      try vision.kind == .siglip || json.optionalString("mm_vision_select_feature") == "cls_patch"
    let key = "image_aspect_ratio"
    let ratio = try json.optionalString(key) ?? "square"
    guard ratio.hasPrefix("anyres") else {
      grids = nil
      guard vision.kind == .clip else {
        throw json.error(at: key, "\"\(ratio)\" is not supported with a SigLIP tower; anyres_max_9 is")
      }
      return
    }
    let merging = try json.optionalString("mm_patch_merge_type") ?? "flat"
    guard merging == "spatial_unpad" else {
      throw json.error(at: "mm_patch_merge_type", "\"\(merging)\" is not supported; spatial_unpad is")
    }
    guard !keepsFirst || vision.kind == .siglip else {
      throw json.error(at: "mm_vision_select_feature", "tiles with a class token are not supported; patch is")
    }
    var grids = try AnyResolution(Self.sizes(json, side: vision.imageSize), of: json, tower: vision)
    grids.mostTiles = try AnyResolution.mostTiles(ratio, at: key, of: json)
    grids.rounds = false
    self.grids = grids
  }

  /// A height and a width each. The files give widths and heights, or the range from the first to the last of a text such as
  /// "(1x1),...,(6x6)", in tiles.
  private static func sizes(_ json: JSONObject, side: Int) throws -> [[Int]] {
    guard let text = json["image_grid_pinpoints"]?.string else {
      return try (AnyResolution.pairs(json) ?? []).map { [$0[1], $0[0]] }
    }
    let numbers = text.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
    guard numbers.count >= 2, numbers.count % 2 == 0, numbers.allSatisfy({ (1...64).contains($0) }) else {
      throw json.error(at: "image_grid_pinpoints", "\"\(text)\" is no range of grids")
    }
    let (first, last) = (numbers.prefix(2), numbers.suffix(2))
    guard zip(first, last).allSatisfy({ $0 <= $1 }) else {
      throw json.error(at: "image_grid_pinpoints", "\"\(text)\" ends before it begins")
    }
    return (first[0]...last[last.startIndex]).flatMap { width in
      (first[1]...last[last.startIndex + 1]).map { [$0 * side, width * side] }
    }
  }

  func name(ofStored name: String) -> String? {
    name == Self.newline && grids == nil ? nil : layout.name(ofStored: name)
  }

  var template: ConversationTemplate { layout.template }
  var pictureSide: Int? { vision.imageSize }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    guard let grids else { return try CLIPImageProcessor(settings) }
    return try LLaVAOneVisionImageProcessor(
      settings, sizes: grids.sizes, side: vision.imageSize, usual: vision.kind == .siglip ? .symmetric : .clip
    )
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    let images = LlavaImageEncoder(
      tower: VisionTransformer(vision, name: "\(Self.stem).vision_model", from: source),
      projector: Projector(
        layout.projectorNames, inputs: vision.hiddenSize, outputs: layout.text.hiddenSize, from: source),
      featureLayers: featureLayers, keepsFirst: keepsFirst)
    guard let grids else { return layout.model(self, json, images: images, from: source) }
    return layout.model(
      self, json,
      images: AnyResolutionEncoder(
        grids, views: images, newline: Self.newline, width: layout.text.hiddenSize, from: source),
      from: source)
  }
}
