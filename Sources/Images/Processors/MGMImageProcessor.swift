/// MGM's (Mini-Gemini's) pictures: one of high resolution for the second tower and, made from it, the CLIP tower's, whole
/// or in tiles.
package struct MGMImageProcessor: ImageProcessor, Equatable {
  /// Makes the picture of high resolution (`image_size_aux`).
  package var large: CLIPImageProcessor
  /// The side of the square that the CLIP tower reads.
  package var side: Int
  /// Tiles a side (`image_grid`).
  package var grid = 1
  /// The whole picture follows the tiles (`image_global`).
  package var addsWhole = false

  package init(large: CLIPImageProcessor, side: Int) {
    self.large = large
    self.side = side
  }

  package func process(_ image: PixelImage) throws -> ProcessedImage {
    let (whole, overflow) = side.multipliedReportingOverflow(by: grid)
    guard side > 0, grid > 0, !overflow else {
      throw ImageError.invalidRequest(
        "a picture cannot be cut into \(grid) × \(grid) tiles of \(side) pixels")
    }
    try large.limits.check(width: whole, height: whole, name: "after resizing")
    let auxiliary = try large.pixelValues(image)
    let pixels = auxiliary.interpolated(width: whole, height: whole, alignsCorners: false)
    var result: ProcessedImage
    if grid > 1 {
      var tiles = pixels.tiles(grid)
      if addsWhole { tiles.append(pixels.interpolated(width: side, height: side, alignsCorners: false)) }
      result = ProcessedImage(
        PixelTensor(tiles.flatMap(\.values), shape: [tiles.count, 3, side, side]), of: image)
      result.tiles = TileGrid(rows: grid, columns: grid)
    } else {
      result = ProcessedImage(PixelTensor(pixels), of: image)
    }
    result.auxiliary = ProcessedImage.Auxiliary(name: "pixel_values_aux", tensor: PixelTensor(auxiliary))
    return result
  }
}
