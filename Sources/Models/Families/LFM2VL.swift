internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// LFM2-VL (Liquid AI 2025): SigLIP 2 reads tiles and the whole picture, each in a grid of its own shape, and squares of patches
/// become rows of a decoder whose layers are mostly short convolutions.
struct LFM2VL: ModelFamily {
  static let modelTypes = ["lfm2_vl"]

  let name = "lfm2-vl"

  private let text: DecoderConfiguration
  private let vision: VisionTransformerConfiguration
  /// Patches along one side of the square that becomes a row.
  private let square: Int
  private let projector: (width: Int, activation: Activation, bias: Bool, normalizes: Bool)
  private let imageTokenID: Int
  private let names = DecoderNames(stem: "model.language_model.", head: "lm_head.weight")

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.object("text_config"), kind: .lfm2)
    if let ties = try json.optionalBool("tie_embedding") ?? json.optionalBool("tie_word_embeddings") {
      text.tiesEmbeddings = ties
    }
    self.text = text
    vision = try VisionTransformerConfiguration(json.object("vision_config"), kind: .siglip2)
    square = try DecoderConfiguration.size(json, "downsample_factor", default: 2, limit: 64)
    imageTokenID = try json.optionalInt("image_token_id") ?? json.optionalInt("image_token_index") ?? 396
    projector = (
      try DecoderConfiguration.size(json, "projector_hidden_size", default: 2560),
      try Activation(json, "projector_hidden_act", default: "gelu"),
      try json.optionalBool("projector_bias") ?? true,
      try json.optionalBool("projector_use_layernorm") ?? true
    )
  }

  /// The hub's names, into which those of later versions of transformers are translated: towers without their
  /// `vision_model` level.
  func name(ofStored stored: String) -> String? {
    let stem = "model.vision_tower."
    // The head that pools a picture into one row has no use here.
    if isBuffer(stored) || stored == names.head && text.tiesEmbeddings
      || stored.contains(".vision_model.head.")
    {
      return nil
    }
    guard stored.hasPrefix(stem), !stored.hasPrefix("\(stem)vision_model.") else { return stored }
    return stored.hasPrefix("\(stem)head.") ? nil : "\(stem)vision_model." + stored.dropFirst(stem.count)
  }

  var template: ConversationTemplate { .lfm2 }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try LFM2VLImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names, from: source), images: Encoder(self, from: source),
      imageTokenID: imageTokenID)
  }

  private final class Encoder: ImageEncoder {
    private let square: Int
    private let tower: VisionTransformer
    private let norm: LayerNorm?
    private let projector: Projector
    /// More patches along one side than any picture that fits the decoder has.
    private static let mostPatches = 4096

    init(_ family: LFM2VL, from source: any ParameterSource) {
      square = family.square
      let (inputs, stem) = (family.vision.hiddenSize * square * square, "model.multi_modal_projector")
      tower = VisionTransformer(family.vision, name: "model.vision_tower.vision_model", from: source)
      norm =
        family.projector.normalizes
        ? LayerNorm("\(stem).layer_norm", width: inputs, epsilon: 1e-5, from: source) : nil
      projector = Projector(
        ["\(stem).linear_1", "\(stem).linear_2"], inputs: inputs, inner: family.projector.width,
        outputs: family.text.hiddenSize, bias: family.projector.bias, activation: family.projector.activation,
        from: source)
    }

    var towerParameters: [Parameter] { tower.parameters }
    var projectorParameters: [Parameter] { (norm?.parameters ?? []) + projector.parameters }

    private var patchNumbers: Int { 3 * tower.configuration.patchSize * tower.configuration.patchSize }

    func check(_ input: ImageInput) throws {
      let grids = input.viewGrids ?? []
      let areFit = grids.allSatisfy { grid in
        [grid.height, grid.width].allSatisfy { (1...Self.mostPatches).contains($0) && $0 % square == 0 }
      }
      guard !grids.isEmpty, areFit,
        input.pixels.shape == [grids.reduce(0) { $0 + $1.height * $1.width }, patchNumbers]
      else {
        throw ModelError(
          "the patches are \(input.pixels.shape) for \(grids.count) views; the tower reads [patches, \(patchNumbers)] of views whose sides are multiples of \(square) up to \(Self.mostPatches)"
        )
      }
    }

    func runs(of input: ImageInput) -> [Int] { cells(input).map { $0.height * $0.width } }

    func tokenCount(of input: ImageInput) -> Int { runs(of: input).reduce(0, +) }

    /// The rows of each view.
    private func cells(_ input: ImageInput) -> [ImageInput.Size] {
      (input.viewGrids ?? []).map { .init(height: $0.height / square, width: $0.width / square) }
    }

    var blank: ImageInput {
      let side = 16 * square
      return ImageInput(
        pixels: .zeros([side * side, patchNumbers]), grid: .init(height: 0, width: 0),
        viewGrids: [.init(height: side, width: side)])
    }

    func areas(of input: ImageInput) -> [TokenArea?] { TokenArea.tiles(input, cells: cells(input)) }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      let side = tower.configuration.gridSide
      let table = tape.embedding(Array(0..<side * side), table: tower.positionEmbedding)
      var (items, places, next) = ([AttentionItem](), [RowSource](), 0)
      for view in input.viewGrids ?? [] {
        let range = next..<next + view.height * view.width
        let positions = tape.resample(
          table, of: GridShape(height: side, width: side),
          rows: Resampling.smoothLinear(from: side, to: view.height),
          columns: Resampling.smoothLinear(from: side, to: view.width))
        places.append(RowSource(positions, places: Array(range)))
        items.append(AttentionItem(queries: range, spans: [.rows(range)], isCausal: false))
        next = range.upperBound
      }
      let rows = tape.add(tower.patches(input.pixels, tape), tape.assemble(places, rows: next))
      let hidden = tower.run(0..<tower.configuration.layerCount, rows, items: items, tape)
      return tower.normalizedOutput(hidden, tape)
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let grids = (input.viewGrids ?? []).map { GridShape(height: $0.height, width: $0.width) }
      let squares = tape.shuffled(features, of: grids, side: square)
      return projector(norm?(squares, tape) ?? squares, tape)
    }
  }
}
