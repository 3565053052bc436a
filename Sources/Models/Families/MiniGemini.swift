internal import Checkpoints
internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// Mini-Gemini (Li et al. 2024): CLIP rows of one view, or of four tiles and the whole in the HD models, look up details in
/// ConvNeXt features of the same picture in high resolution (patch info mining).
struct MiniGemini: ModelFamily {
  static let modelTypes = ["mgm", "mod_mgm"]
  static let summary = "mgm (Mini-Gemini, also HD), mod_mgm (γ-MoD-Mini-Gemini)"

  let name = "mini-gemini"

  private let layout: OriginalLayout
  private let clip: VisionTransformerConfiguration
  private let convnext: ConvNeXtConfiguration
  private let featureLayers: [Int]
  /// Tiles along one side of the picture; 1 for a single view.
  private let tiles: Int
  /// Whether the whole picture is a view besides the tiles.
  private let seesWhole: Bool
  private let detailSize: Int
  let towers: [TowerFolder]
  private static let stem = "model.vision_tower.vision_tower"
  private static let auxiliaryStem = "model.vision_tower_aux"

  init(_ files: ModelFiles) throws {
    let json = files.json
    layout = try OriginalLayout(files)
    clip = try files.clip("mm_vision_tower")
    let key = "mm_vision_tower_aux"
    let auxiliary = try files.towerURL(key)
    let name = try json.optionalString(key) ?? "none"
    if let json = try auxiliary.flatMap({ try files.configuration("convnext_config.json", in: $0) }) {
      convnext = try ConvNeXtConfiguration(json)
    } else if let known = ConvNeXtConfiguration(published: name) {
      convnext = known
    } else {
      throw json.error(
        at: key,
        "the sizes of the tower \(name) are not known; put its folder with convnext_config.json beside the model"
      )
    }
    towers =
      try files.towerWeights("mm_vision_tower", stem: Self.stem, layers: clip.layerCount)
      + Self.auxiliaryWeights(files, in: auxiliary.flatMap { try? CheckpointFolder($0) })
    featureLayers = try clip.featureLayers(json, "mm_vision_select_layer", most: 1)
    tiles = try DecoderConfiguration.size(json, "image_grid", default: 1, limit: 16)
    seesWhole = try json.optionalBool("image_global") ?? false && tiles > 1
    detailSize = try DecoderConfiguration.size(json, "image_size_aux", default: 320, limit: 1 << 14)
    let cells = detailSize / convnext.stem
    guard cells % (tiles * clip.gridSide) == 0 else {
      throw json.error(
        at: "image_size_aux",
        "its \(cells) cells a side cannot be shared evenly by \(tiles * clip.gridSide) patches a side")
    }
  }

  /// OpenCLIP's names of the trunk, for checkpoints that leave it to its own repository.
  private static func auxiliaryWeights(_ files: ModelFiles, in folder: CheckpointFolder?) -> [TowerFolder] {
    guard let folder, files.folder?.names.contains(where: { $0.hasPrefix(auxiliaryStem) }) != true else {
      return []
    }
    return [
      TowerFolder(folder: folder) { name in
        for part in ["stem", "stages"] where name.hasPrefix("visual.trunk.\(part).") {
          return "\(auxiliaryStem).vision_\(name.dropFirst("visual.trunk.".count))"
        }
        return nil
      }
    ]
  }

  private var views: Int { tiles * tiles + (seesWhole ? 1 : 0) }
  private var detailWidth: Int { convnext.widths.reduce(0, +) }
  /// Cells of the high-resolution features under one patch of a tile, along one side.
  private var cellsPerPatch: Int { detailSize / convnext.stem / (tiles * clip.gridSide) }

  func name(ofStored name: String) -> String? { layout.name(ofStored: name) }

  var template: ConversationTemplate { layout.template }
  var picturesPerPrompt: Int? { layout.picturesPerPrompt }
  var pictureSide: Int? { clip.imageSize }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try MGMImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    layout.model(self, json, images: Encoder(self, from: source), from: source)
  }

  private final class Encoder: ImageEncoder {
    private let family: MiniGemini
    private let tower: VisionTransformer
    private let auxiliary: ConvNeXtTower
    private let query, key, value: NormedLinear
    private let projector: Projector

    init(_ family: MiniGemini, from source: any ParameterSource) {
      self.family = family
      let width = family.clip.hiddenSize
      tower = VisionTransformer(family.clip, name: "\(MiniGemini.stem).vision_model", from: source)
      auxiliary = ConvNeXtTower(
        family.convnext, stem: "\(MiniGemini.auxiliaryStem).vision_stem",
        stages: "\(MiniGemini.auxiliaryStem).vision_stages", scale: "gamma", from: source)
      func mining(_ part: String, _ inputs: Int) -> NormedLinear {
        NormedLinear("model.vlm_uni_\(part)_projector", inputs: inputs, outputs: width, from: source)
      }
      query = mining("query", width)
      key = mining("aux", family.detailWidth)
      value = mining("val", family.detailWidth)
      projector = Projector(
        family.layout.projectorNames, inputs: width, outputs: family.layout.text.hiddenSize, from: source)
    }

    var towerParameters: [Parameter] { tower.parameters + auxiliary.parameters }
    var projectorParameters: [Parameter] {
      [query, key, value].flatMap(\.parameters) + projector.parameters
    }

    func check(_ input: ImageInput) throws {
      let (side, large) = (family.clip.imageSize, family.detailSize)
      guard input.pixels.shape == [family.views, 3, side, side], input.detail?.shape == [1, 3, large, large]
      else {
        throw ModelError(
          "the pixels are \(input.pixels.shape) and \(input.detail?.shape ?? []) but the towers read "
            + "[\(family.views), 3, \(side), \(side)] and [1, 3, \(large), \(large)]; "
            + "the preprocessor and the model do not belong together")
      }
    }

    func tokenCount(of input: ImageInput) -> Int { family.views * family.clip.patchCount }

    var blank: ImageInput {
      let (side, large) = (family.clip.imageSize, family.detailSize)
      return ImageInput(
        pixels: .zeros([family.views, 3, side, side]), detail: .zeros([1, 3, large, large]))
    }

    /// The whole comes first, then the tiles row by row.
    func areas(of input: ImageInput) -> [TokenArea?] {
      let grid = ImageInput.Size(height: family.clip.gridSide, width: family.clip.gridSide)
      let tiles = ImageInput.Size(height: family.tiles, width: family.tiles)
      let parts = (0..<family.tiles * family.tiles).flatMap {
        TokenArea.grid(grid, tile: ($0 / family.tiles, $0 % family.tiles), of: tiles)
      }
      return (family.seesWhole ? TokenArea.grid(grid) : []) + parts
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      tower.features(input.pixels, layers: family.featureLayers, keepsFirst: false, tape)
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      projector(detailed(features, input, tape), tape)
    }

    /// The whole's rows, then those of the tiles, with what the high resolution adds to them.
    private func detailed(_ rows: Value, _ input: ImageInput, _ tape: Tape) -> Value {
      let patches = family.clip.patchCount
      let tileCount = family.tiles * family.tiles
      let (details, shape) = self.details(input.detail ?? input.pixels, tape)
      var result = mined(
        tape.gather(rows, rows: Array(0..<tileCount * patches)), details, shape, tiles: family.tiles, tape)
      if family.seesWhole {
        // The whole is the last view. Its patches lie over as many cells of the features at a fraction of their size.
        let step = Float(family.tiles)
        let lines = (
          Resampling.linear(from: shape.height, to: shape.height / family.tiles, step: step),
          Resampling.linear(from: shape.width, to: shape.width / family.tiles, step: step)
        )
        let small = tape.resample(details, of: shape, rows: lines.0, columns: lines.1)
        let whole = mined(
          tape.gather(rows, rows: Array(tileCount * patches..<rows.rows)), small,
          GridShape(height: lines.0.count, width: lines.1.count), tiles: 1, tape)
        result = tape.assemble(
          [
            RowSource(whole, places: Array(0..<patches)),
            RowSource(result, places: Array(patches..<patches + result.rows)),
          ], rows: patches + result.rows)
      }
      return result
    }

    /// All stages at the size of the first, side by side.
    private func details(_ pixels: Tensor, _ tape: Tape) -> (Value, GridShape) {
      let stages = auxiliary.stages(pixels, tape)
      let shape = stages[0].shape
      let parts = stages.map { stage -> Value in
        guard stage.shape != shape else { return stage.rows }
        return tape.resample(
          stage.rows, of: stage.shape, rows: Resampling.linear(from: stage.shape.height, to: shape.height),
          columns: Resampling.linear(from: stage.shape.width, to: shape.width))
      }
      return (tape.besides(parts), shape)
    }

    /// Every patch attends to the cells under it and adds what it finds.
    private func mined(_ rows: Value, _ details: Value, _ shape: GridShape, tiles: Int, _ tape: Tape) -> Value
    {
      let (grid, cells) = (family.clip.gridSide, family.cellsPerPatch)
      let order = (0..<tiles * tiles * grid * grid).flatMap { index -> [Int] in
        let (tile, patch) = (index / (grid * grid), index % (grid * grid))
        let row = (tile / tiles * grid + patch / grid) * cells
        let column = (tile % tiles * grid + patch % grid) * cells
        return (0..<cells * cells).map { (row + $0 / cells) * shape.width + column + $0 % cells }
      }
      let under = tape.gather(details, rows: order)
      let width = family.clip.hiddenSize
      let items = (0..<rows.rows).map { row in
        AttentionItem(
          queries: row..<row + 1, spans: [.rows(row * cells * cells..<(row + 1) * cells * cells)],
          isCausal: false)
      }
      let found = tape.attention(
        query: query(rows, tape), key: key(under, tape), value: value(under, tape),
        heads: AttentionHeads(queryHeads: 1, keyValueHeads: 1, headWidth: width), items: items)
      return tape.add(rows, found)
    }
  }

  /// A linear layer behind a layer norm.
  private struct NormedLinear: Sendable {
    let norm: LayerNorm
    let linear: Linear

    init(_ name: String, inputs: Int, outputs: Int, from source: any ParameterSource) {
      norm = LayerNorm("\(name).0", width: inputs, epsilon: 1e-5, from: source)
      linear = Linear(
        "\(name).1", inputs: inputs, outputs: outputs, bias: true, from: source, deviation: 0.02)
    }

    var parameters: [Parameter] { norm.parameters + linear.parameters }

    func callAsFunction(_ rows: Value, _ tape: Tape) -> Value { linear(norm(rows, tape), tape) }
  }
}
