package import Images
package import Tensors

/// The part of the picture that a token stands for, in shares of the picture's height and width.
package struct TokenArea: Sendable, Equatable {
  package var rows: Range<Double>
  package var columns: Range<Double>

  package init(rows: Range<Double>, columns: Range<Double>) {
    self.rows = rows
    self.columns = columns
  }

  /// The cells of a grid over the whole picture, or over one tile of it, row by row.
  static func grid(
    _ size: ImageInput.Size, tile: (row: Int, column: Int) = (0, 0), of tiles: ImageInput.Size? = nil
  )
    -> [TokenArea?]
  {
    let (tileRows, tileColumns) = (tiles?.height ?? 1, tiles?.width ?? 1)
    func range(_ index: Int, _ count: Int, _ tile: Int, _ tiles: Int) -> Range<Double> {
      let start = Double(tile * count + index) / Double(count * tiles)
      return start..<max(start, Double(tile * count + index + 1) / Double(count * tiles))
    }
    return (0..<size.height).flatMap { row in
      (0..<size.width).map { column in
        TokenArea(
          rows: range(row, size.height, tile.row, tileRows),
          columns: range(column, size.width, tile.column, tileColumns))
      }
    }
  }
}

extension TokenArea {
  /// The cells of each tile, tile by tile, and then of the whole; of the whole for every view if it was not cut up.
  /// - Parameter cells: Of each view.
  static func tiles(_ input: ImageInput, cells: [ImageInput.Size]) -> [TokenArea?] {
    guard let grid = input.grid, grid.height > 0, grid.height * grid.width + 1 == cells.count else {
      return cells.flatMap { TokenArea.grid($0) }
    }
    return cells.dropLast().enumerated().flatMap { index, cells in
      TokenArea.grid(cells, tile: (index / grid.width, index % grid.width), of: grid)
    } + TokenArea.grid(cells[cells.count - 1])
  }

  /// The same where all views have as many cells.
  static func tiles(_ input: ImageInput, cells: ImageInput.Size) -> [TokenArea?] {
    tiles(input, cells: [ImageInput.Size](repeating: cells, count: input.views))
  }
}

/// Turns pictures into rows of a decoder.
package protocol ImageEncoder: Sendable {
  var towerParameters: [Parameter] { get }
  var projectorParameters: [Parameter] { get }
  /// A picture without what processors add to make those of a batch equally large.
  func unpadded(_ input: ImageInput) -> ImageInput
  /// - Throws: If the shapes are not those that this encoder reads.
  func check(_ input: ImageInput) throws
  /// Rows of the decoder that the picture takes.
  func tokenCount(of input: ImageInput) -> Int
  /// What the tower makes of the picture.
  /// - Shape: → `[n, tower width]`
  func features(_ input: ImageInput, _ tape: Tape) -> Value
  /// - Shape: → `[tokenCount(of: input), decoder width]`
  func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value
  /// The rows of each run into which a picture falls where a prompt has words between them: those of a view, or of a line.
  func runs(of input: ImageInput) -> [Int]
  /// Where each token lies in the picture; nil for tokens that stand for no place. One per token.
  func areas(of input: ImageInput) -> [TokenArea?]
  /// Where a prompt's rows stand on several axes; nil for encoders whose rows stand one behind the other.
  /// - Parameter ids: With one id equal to `imageTokenID` per image row.
  func axisPlaces(_ ids: [Int], imageTokenID: Int, inputs: [ImageInput]) -> AxisPlaces?
  /// An empty picture of the usual size, to measure with.
  var blank: ImageInput { get }
}

extension ImageEncoder {
  package func unpadded(_ input: ImageInput) -> ImageInput { input }

  package func runs(of input: ImageInput) -> [Int] {
    [Int](repeating: tokenCount(of: input) / input.views, count: input.views)
  }

  package func axisPlaces(_ ids: [Int], imageTokenID: Int, inputs: [ImageInput]) -> AxisPlaces? { nil }

  /// The rows of a picture.
  package func encode(_ input: ImageInput, _ tape: Tape) -> Value {
    project(features(input, tape), of: input, tape)
  }
}

/// An encoder that reads square views of one size and makes a square grid of rows of each, as LLaVA-1.5's does.
package protocol SquareImageEncoder: ImageEncoder {
  /// Side of a view in pixels.
  var imageSize: Int { get }
  /// Rows of the decoder per view.
  var tokensPerImage: Int { get }
  /// Rows along one side of a view.
  var gridSide: Int { get }
  /// Width of a row of features.
  var featureWidth: Int { get }
}

extension SquareImageEncoder {
  package func check(_ input: ImageInput) throws {
    let expected = [input.pixels.rows, 3, imageSize, imageSize]
    guard input.pixels.shape == expected, input.pixels.rows > 0 else {
      throw ModelError(
        "the pixels are \(input.pixels.shape) but the tower reads [views, 3, \(imageSize), \(imageSize)]; "
          + "the preprocessor and the model do not belong together")
    }
  }

  package func tokenCount(of input: ImageInput) -> Int { input.views * tokensPerImage }

  package func areas(of input: ImageInput) -> [TokenArea?] {
    let cells = TokenArea.grid(.init(height: gridSide, width: gridSide))
    // A class token's row in front of the patches has no place in the picture.
    let view =
      [TokenArea?](repeating: nil, count: max(0, tokensPerImage - cells.count))
      + cells.suffix(tokensPerImage)
    return (0..<input.views).flatMap { _ in view }
  }

  package var blank: ImageInput { ImageInput(pixels: .zeros([1, 3, imageSize, imageSize])) }
}
