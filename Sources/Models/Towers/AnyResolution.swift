internal import Images
internal import StrictJSON
internal import Tensors

/// LLaVA's reading of pictures of any shape: the whole, and the tiles of the size that shows most of it, whose rows are laid
/// out as one grid again without the padding.
struct AnyResolution: Sendable {
  /// Sizes in pixels that pictures are fitted into.
  let sizes: TileSizes
  /// Pixels and rows along one side of a tile.
  let side: Int
  let gridSide: Int
  /// The most tiles that keep all rows (`anyres_max_N`); nil if any number does.
  var mostTiles: Int?
  /// Whether the picture's scaled side is rounded to seven places before it is cut to a whole number, as Hugging Face's
  /// code does and LLaVA's own does not.
  var rounds = true

  /// - Parameter pairs: A height and a width each.
  /// - Throws: `JSONError` at `image_grid_pinpoints` unless there are pairs of multiples of the tower's side.
  init(_ pairs: [[Int]], of json: JSONObject, tower: VisionTransformerConfiguration) throws {
    (side, gridSide) = (tower.imageSize, tower.gridSide)
    let sizes = try pairs.map { [side] pair in
      guard pair.count == 2, pair.allSatisfy({ (1...1 << 14).contains($0) && $0 % side == 0 }) else {
        throw json.error(
          at: "image_grid_pinpoints", "each entry must be a height and a width in multiples of \(side) pixels"
        )
      }
      return ImageInput.Size(height: pair[0], width: pair[1])
    }
    guard !sizes.isEmpty else { throw json.error(at: "image_grid_pinpoints", "at least one size is needed") }
    self.sizes = TileSizes(sizes)
  }

  /// The pairs of numbers of `image_grid_pinpoints`; nil if there are none.
  static func pairs(_ json: JSONObject) throws -> [[Int]]? {
    try json.optionalArray("image_grid_pinpoints")?.map { pair in
      let numbers = (pair.array ?? []).compactMap(\.int)
      guard numbers.count == 2, pair.array?.count == 2 else {
        throw json.error(at: "image_grid_pinpoints", "each entry must be a height and a width")
      }
      return numbers
    }
  }

  /// N of "anyres_max_N"; nil for "anyres".
  static func mostTiles(_ ratio: String, at key: String, of json: JSONObject) throws -> Int? {
    if ratio == "anyres" { return nil }
    guard ratio.hasPrefix("anyres_max_"), let count = Int(ratio.dropFirst("anyres_max_".count)),
      (1...1000).contains(count)
    else { throw json.error(at: key, "\"\(ratio)\" is not supported; anyres and anyres_max_9 are") }
    return count
  }

  /// The grid of tiles for a picture: the size that shows most of it, and of equals the one that wastes least.
  func tiles(_ picture: ImageInput.Size) -> ImageInput.Size {
    // Fails for sizes only that `check` refuses.
    let size = try? sizes.best(for: picture)
    return .init(height: (size?.height ?? 0) / side, width: (size?.width ?? 0) / side)
  }

  /// How the tiles' rows become lines of the prompt.
  struct Packing {
    /// Rows of the tiles' grid that are not padding.
    let rows: Range<Int>
    let columns: Range<Int>
    /// The grid's size afterwards; of pictures like threads no row or no column may be left.
    let size: GridShape
    /// Tokens of the grid, with one at the end of each line.
    var tokenCount: Int { size.height * (size.width + 1) }
  }

  func packing(_ picture: ImageInput.Size) -> Packing {
    let tiles = tiles(picture)
    let (height, width) = (tiles.height * gridSide, tiles.width * gridSide)
    // The picture's proportions decide at which edges the padding lies.
    var (rows, columns) = (0..<height, 0..<width)
    func kept(_ length: Int, _ other: Int, by otherGrid: Int, of grid: Int) -> Range<Int> {
      var scaled = Double(length) * (Double(otherGrid) / Double(other))
      if rounds { scaled = (scaled * 1e7).rounded(.toNearestOrEven) / 1e7 }
      let padding = max(0, (grid - Int(scaled)) / 2)
      return padding..<max(padding, grid - padding)
    }
    if Double(picture.width) / Double(picture.height) > Double(width) / Double(height) {
      rows = kept(picture.height, picture.width, by: width, of: height)
    } else {
      columns = kept(picture.width, picture.height, by: height, of: width)
    }
    let whole = GridShape(height: rows.count, width: columns.count)
    let ratio = mostTiles.map { (Double(whole.cells) / Double($0 * gridSide * gridSide)).squareRoot() } ?? 0
    let size =
      ratio > 1.1
      ? GridShape(
        height: max(1, Int(Double(whole.height) / ratio)), width: max(1, Int(Double(whole.width) / ratio)))
      : whole
    return Packing(rows: rows, columns: columns, size: size)
  }
}

/// A tower and a projector for the whole picture and its tiles, and the learnt row at the end of each line.
final class AnyResolutionEncoder: ImageEncoder {
  private let grids: AnyResolution
  /// Reads the views; each has a row per patch.
  private let views: LlavaImageEncoder
  private let newline: Parameter

  /// - Parameter newline: The name of the row at the end of each line.
  init(
    _ grids: AnyResolution, views: LlavaImageEncoder, newline: String, width: Int,
    from source: any ParameterSource
  ) {
    (self.grids, self.views) = (grids, views)
    self.newline = source.parameter(newline, [width], initial: .normal(deviation: 0.02))
  }

  var towerParameters: [Parameter] { views.towerParameters }
  var projectorParameters: [Parameter] { views.projectorParameters + [newline] }
  private var patches: Int { grids.gridSide * grids.gridSide }

  /// Batches are filled up with tiles of zeros; pictures of prompts with several are not cut up.
  func unpadded(_ input: ImageInput) -> ImageInput {
    guard let size = input.originalSize, size.height > 0, size.width > 0, input.views > 1 else {
      return input
    }
    let tiles = grids.tiles(size)
    let count = min(input.views, tiles.height * tiles.width + 1)
    let isCut = input.pixels.rows(1..<count).withFloats { $0.contains { $0 != 0 } }
    return ImageInput(pixels: input.pixels.rows(0..<(isCut ? count : 1)), originalSize: size)
  }

  func check(_ input: ImageInput) throws {
    let side = grids.side
    if let size = input.originalSize {
      guard (1...1 << 20).contains(size.height), (1...1 << 20).contains(size.width) else {
        throw ModelError("a picture cannot be \(size.width) × \(size.height) pixels")
      }
    }
    let tiles = input.originalSize.map { grids.tiles($0) }
    let views = input.views == 1 ? 1 : (tiles.map { $0.height * $0.width + 1 } ?? 1)
    guard input.pixels.shape == [views, 3, side, side], input.originalSize != nil || views == 1 else {
      throw ModelError(
        "the pixels are \(input.pixels.shape) but a picture of this size takes [\(views), 3, \(side), \(side)]; "
          + "the preprocessor and the model do not belong together")
    }
  }

  func tokenCount(of input: ImageInput) -> Int {
    guard input.views > 1, let size = input.originalSize else { return patches + 1 }
    return patches + grids.packing(size).tokenCount
  }

  var blank: ImageInput {
    ImageInput(
      pixels: .zeros([2, 3, grids.side, grids.side]),
      originalSize: .init(height: grids.side, width: grids.side))
  }

  func areas(of input: ImageInput) -> [TokenArea?] {
    let whole = TokenArea.grid(.init(height: grids.gridSide, width: grids.gridSide))
    guard input.views > 1, let size = input.originalSize else { return whole + [nil] }
    let grid = grids.packing(size).size
    let cells = TokenArea.grid(.init(height: grid.height, width: grid.width))
    return whole
      + (0..<grid.height).flatMap { row in cells[row * grid.width..<(row + 1) * grid.width] + [nil] }
  }

  func features(_ input: ImageInput, _ tape: Tape) -> Value { views.features(input, tape) }

  func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
    let rows = views.project(features, of: input, tape)
    let line = tape.embedding([0], table: newline, rows: 1)
    guard input.views > 1, let size = input.originalSize else {
      return tape.assemble(
        [RowSource(rows, places: Array(0..<patches)), RowSource(line, places: [patches])], rows: patches + 1)
    }
    let whole = tape.gather(rows, rows: Array(0..<patches))
    let packing = grids.packing(size)
    let grid = packing.size
    var sources = [RowSource(whole, places: Array(0..<patches))]
    if grid.cells > 0 {
      let places = (0..<grid.cells).map { patches + $0 / grid.width * (grid.width + 1) + $0 % grid.width }
      sources.append(
        RowSource(packed(rows, packing, tiles: grids.tiles(size), tape), places: places))
    }
    if grid.height > 0 {
      let ends = (0..<grid.height).map { patches + ($0 + 1) * (grid.width + 1) - 1 }
      sources.append(RowSource(tape.gather(line, rows: ends.map { _ in 0 }), places: ends))
    }
    return tape.assemble(sources, rows: patches + packing.tokenCount)
  }

  /// The tiles' rows as one grid, line by line, cut to the picture and made smaller where there are too many.
  private func packed(_ rows: Value, _ packing: AnyResolution.Packing, tiles: ImageInput.Size, _ tape: Tape)
    -> Value
  {
    let side = grids.gridSide
    let order = packing.rows.flatMap { row in
      packing.columns.map { column -> Int in
        let tile = row / side * tiles.width + column / side
        return (tile + 1) * side * side + row % side * side + column % side
      }
    }
    let grid = tape.gather(rows, rows: order)
    let shape = GridShape(height: packing.rows.count, width: packing.columns.count)
    guard packing.size != shape else { return grid }
    return tape.resample(
      grid, of: shape, rows: Resampling.linear(from: shape.height, to: packing.size.height),
      columns: Resampling.linear(from: shape.width, to: packing.size.width))
  }
}
