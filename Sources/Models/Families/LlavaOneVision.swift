internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// LLaVA-OneVision in Hugging Face's layout (Li et al. 2024): SigLIP reads the whole picture and tiles of it; the tiles' rows
/// are laid out as one grid again, without the padding, and each of its lines ends with a learnt row.
struct LlavaOneVision: ModelFamily {
  static let modelTypes = ["llava_onevision"]

  let name = "llava-onevision"

  private let base: LlavaConfiguration
  /// Sizes in pixels that pictures are fitted into.
  private let sizes: TileSizes
  /// The most tiles that keep all rows, from `anyres_max_N`.
  private let mostTiles: Int
  private let names = HubNames()

  init(_ files: ModelFiles) throws {
    let json = files.json
    var members = json.map { ($0.key, $0.value) }
    for (key, value) in [("vision_feature_layer", -1), ("image_token_index", 151_646)] where json[key] == nil
    {
      members.append((key, JSONValue(value)))
    }
    if json["vision_feature_select_strategy"] == nil {
      members.append(("vision_feature_select_strategy", .string("full")))
    }
    base = try LlavaConfiguration(JSONObject(members))
    let side = base.vision.imageSize
    let pairs = try json.optionalArray("image_grid_pinpoints") ?? []
    let sizes = try pairs.map { pair in
      guard case .array(let numbers) = pair, numbers.count == 2, case .integer(let height) = numbers[0],
        case .integer(let width) = numbers[1], (1...1 << 14).contains(height), (1...1 << 14).contains(width),
        Int(height) % side == 0, Int(width) % side == 0
      else {
        throw json.error(
          at: "image_grid_pinpoints", "each entry must be a height and a width in multiples of \(side) pixels"
        )
      }
      return ImageInput.Size(height: Int(height), width: Int(width))
    }
    self.sizes = TileSizes(sizes)
    guard !sizes.isEmpty else { throw json.error(at: "image_grid_pinpoints", "at least one size is needed") }
    let ratio = try json.optionalString("vision_aspect_ratio") ?? "anyres_max_9"
    guard ratio.hasPrefix("anyres_max_"), let count = Int(ratio.dropFirst("anyres_max_".count)),
      (1...1000).contains(count)
    else { throw json.error(at: "vision_aspect_ratio", "\"\(ratio)\" is not supported; anyres_max_9 is") }
    mostTiles = count
  }

  func name(ofStored name: String) -> String? {
    names.name(ofStored: name, tiesEmbeddings: base.text.tiesEmbeddings)
  }

  var template: ConversationTemplate { .llavaOneVision }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try LLaVAOneVisionImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(base.text, names: names.decoder, from: source),
      images: Encoder(self, from: source), imageTokenID: base.imageTokenID)
  }

  /// The grid of tiles for a picture: the size that shows most of it, and of equals the one that wastes least.
  func tiles(_ picture: ImageInput.Size) -> ImageInput.Size {
    // Fails for sizes only that `check` refuses.
    let size = try? sizes.best(for: picture)
    return .init(
      height: (size?.height ?? 0) / base.vision.imageSize, width: (size?.width ?? 0) / base.vision.imageSize)
  }

  /// How the tiles' rows become lines of the prompt.
  private struct Packing {
    /// Rows of the tiles' grid that are not padding.
    let rows: Range<Int>
    let columns: Range<Int>
    /// The grid's size afterwards.
    let size: GridShape
  }

  private func packing(_ picture: ImageInput.Size) -> Packing {
    let (tiles, side) = (tiles(picture), base.vision.gridSide)
    let (height, width) = (tiles.height * side, tiles.width * side)
    // The picture's proportions decide at which edges the padding lies.
    var (rows, columns) = (0..<height, 0..<width)
    func kept(_ length: Int, _ other: Int, by otherGrid: Int, of grid: Int) -> Range<Int> {
      let scaled =
        (Double(length) * (Double(otherGrid) / Double(other)) * 1e7).rounded(.toNearestOrEven) / 1e7
      let padding = max(0, (grid - Int(scaled)) / 2)
      return padding..<max(padding + 1, grid - padding)
    }
    if Double(picture.width) / Double(picture.height) > Double(width) / Double(height) {
      rows = kept(picture.height, picture.width, by: width, of: height)
    } else {
      columns = kept(picture.width, picture.height, by: height, of: width)
    }
    let ratio = (Double(rows.count * columns.count) / Double(mostTiles * side * side)).squareRoot()
    let size =
      ratio > 1.1
      ? GridShape(
        height: max(1, Int(Double(rows.count) / ratio)), width: max(1, Int(Double(columns.count) / ratio)))
      : GridShape(height: rows.count, width: columns.count)
    return Packing(rows: rows, columns: columns, size: size)
  }

  private final class Encoder: ImageEncoder {
    private let family: LlavaOneVision
    private let tower: VisionTransformer
    private let projector: Projector
    private let newline: Parameter

    init(_ family: LlavaOneVision, from source: any ParameterSource) {
      self.family = family
      let base = family.base
      tower = VisionTransformer(base.vision, name: "vision_tower.vision_model", from: source)
      projector = base.projector(from: source)
      newline = source.parameter("image_newline", [base.text.hiddenSize], initial: .normal(deviation: 0.02))
    }

    var towerParameters: [Parameter] { tower.parameters }
    var projectorParameters: [Parameter] { projector.parameters + [newline] }

    func check(_ input: ImageInput) throws {
      let side = family.base.vision.imageSize
      if let size = input.originalSize {
        guard (1...1 << 20).contains(size.height), (1...1 << 20).contains(size.width) else {
          throw ModelError("a picture cannot be \(size.width) × \(size.height) pixels")
        }
      }
      let tiles = input.originalSize.map { family.tiles($0) }
      let views = input.views == 1 ? 1 : (tiles.map { $0.height * $0.width + 1 } ?? 1)
      guard input.pixels.shape == [views, 3, side, side], input.originalSize != nil || views == 1 else {
        throw ModelError(
          "the pixels are \(input.pixels.shape) but a picture of this size takes [\(views), 3, \(side), \(side)]; "
            + "the preprocessor and the model do not belong together")
      }
    }

    func tokenCount(of input: ImageInput) -> Int {
      let base = family.base.vision.patchCount
      guard input.views > 1, let size = input.originalSize else { return base + 1 }
      let grid = family.packing(size).size
      return base + grid.height * (grid.width + 1)
    }

    var blank: ImageInput {
      let side = family.base.vision.imageSize
      return ImageInput(
        pixels: .zeros([2, 3, side, side]), originalSize: .init(height: side, width: side))
    }

    func areas(of input: ImageInput) -> [TokenArea?] {
      let side = family.base.vision.gridSide
      let whole = TokenArea.grid(.init(height: side, width: side))
      guard input.views > 1, let size = input.originalSize else { return whole + [nil] }
      let grid = family.packing(size).size
      let cells = TokenArea.grid(.init(height: grid.height, width: grid.width))
      return whole
        + (0..<grid.height).flatMap { row in cells[row * grid.width..<(row + 1) * grid.width] + [nil] }
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      tower.features(
        input.pixels, layer: family.base.featureLayer, keepsClassToken: family.base.keepsClassToken, tape)
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let rows = projector(features, tape)
      let patches = family.base.vision.patchCount
      let line = tape.embedding([0], table: newline, rows: 1)
      guard input.views > 1, let size = input.originalSize else {
        return tape.assemble(
          [RowSource(rows, places: Array(0..<patches)), RowSource(line, places: [patches])], rows: patches + 1
        )
      }
      let packed = self.packed(rows, family.packing(size), tiles: family.tiles(size), tape)
      let grid = packed.shape
      let places = (0..<grid.cells).map { patches + $0 / grid.width * (grid.width + 1) + $0 % grid.width }
      let ends = (0..<grid.height).map { patches + ($0 + 1) * (grid.width + 1) - 1 }
      return tape.assemble(
        [
          RowSource(tape.gather(rows, rows: Array(0..<patches)), places: Array(0..<patches)),
          RowSource(packed.rows, places: places),
          RowSource(tape.gather(line, rows: ends.map { _ in 0 }), places: ends),
        ], rows: patches + grid.height * (grid.width + 1))
    }

    /// The tiles' rows as one grid, line by line, cut to the picture and made smaller where there are too many.
    private func packed(_ rows: Value, _ packing: Packing, tiles: ImageInput.Size, _ tape: Tape)
      -> (rows: Value, shape: GridShape)
    {
      let side = family.base.vision.gridSide
      let order = packing.rows.flatMap { row in
        packing.columns.map { column -> Int in
          let tile = row / side * tiles.width + column / side
          return (tile + 1) * side * side + row % side * side + column % side
        }
      }
      let grid = tape.gather(rows, rows: order)
      let shape = GridShape(height: packing.rows.count, width: packing.columns.count)
      guard packing.size != shape else { return (grid, shape) }
      return (
        tape.resample(
          grid, of: shape, rows: Resampling.linear(from: shape.height, to: packing.size.height),
          columns: Resampling.linear(from: shape.width, to: packing.size.width)), packing.size
      )
    }
  }
}
