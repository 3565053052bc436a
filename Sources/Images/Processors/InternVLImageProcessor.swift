internal import Tensors

/// InternVL's pictures, made as GOT-OCR 2's: the grid of tiles whose shape is nearest to the picture's, filled without keeping
/// the shape, and then the whole picture as one more tile.
package struct InternVLImageProcessor: ImageProcessor, Equatable {
  package var tileWidth = 448
  package var tileHeight = 448
  /// How many tiles a picture is cut into (`min_patches` and `max_patches`).
  package var leastTiles = 1
  package var mostTiles = 12
  /// Whether the whole picture follows several tiles (`use_thumbnail`).
  package var addsWhole = true
  package var filter = ResamplingFilter.bicubic
  package var normalization = SampleNormalization.clip
  package var limits = ImageLimits()

  package init() {}

  /// Of all grids the one whose shape is nearest; of equals the larger one, if the picture has pixels enough for half of it.
  func grid(width: Int, height: Int) -> ImageInput.Size {
    let shape = Double(width) / Double(height)
    // Fewer tiles first, and of equally many those with fewer columns.
    let grids = (leastTiles...mostTiles).flatMap { count in
      (1...count).filter { count % $0 == 0 }.map { ImageInput.Size(height: count / $0, width: $0) }
    }
    var best = (grid: ImageInput.Size(height: 1, width: 1), difference: Double.infinity)
    for grid in grids {
      let difference = abs(shape - Double(grid.width) / Double(grid.height))
      let half = 0.5 * Double(tileWidth) * Double(tileHeight) * Double(grid.width * grid.height)
      let isLargeEnough = Double(width) * Double(height) > half
      if difference < best.difference || difference == best.difference && isLargeEnough {
        best = (grid, difference)
      }
    }
    return best.grid
  }

  package func process(_ image: PixelImage) throws -> ImageInput {
    guard (1...1 << 14).contains(tileWidth), (1...1 << 14).contains(tileHeight), leastTiles > 0,
      mostTiles >= leastTiles
    else {
      throw ImageError.invalidRequest("tiles cannot have \(tileWidth)×\(tileHeight) pixels")
    }
    let grid = grid(width: image.width, height: image.height)
    func resized(_ grid: ImageInput.Size) throws -> PixelImage {
      try image.resized(
        width: grid.width * tileWidth, height: grid.height * tileHeight, filter: filter, limits: limits)
    }
    var tiles = try resized(grid).tiles(width: tileWidth, height: tileHeight)
    if addsWhole, tiles.count > 1 { tiles.append(try resized(.init(height: 1, width: 1))) }
    return ImageInput(
      pixels: try normalization.scaling().samples(tiles), originalSize: image.size, grid: grid)
  }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    [("pixel_values", .floats(input.pixels)), ("num_patches", .integers([input.views], shape: [1]))]
  }
}
