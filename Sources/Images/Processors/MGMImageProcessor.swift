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

  package func process(_ image: PixelImage) throws -> ImageInput {
    let (whole, overflow) = side.multipliedReportingOverflow(by: grid)
    guard side > 0, grid > 0, !overflow else {
      throw ImageError.invalidRequest(
        "a picture cannot be cut into \(grid) × \(grid) tiles of \(side) pixels")
    }
    try large.limits.check(width: whole, height: whole, name: "after resizing")
    let detail = try large.samples(image)
    let pixels = detail.interpolated(width: whole, height: whole, alignsCorners: false)
    guard grid > 1 else { return ImageInput(pixels: pixels, detail: detail, originalSize: image.size) }
    let last = addsWhole ? pixels.interpolated(width: side, height: side, alignsCorners: false) : nil
    return ImageInput(
      pixels: pixels.tiles(grid, followedBy: last), detail: detail, originalSize: image.size,
      grid: ImageInput.Size(height: grid, width: grid))
  }

  package func visiblePixels(_ image: PixelImage) throws -> PixelImage { try large.visiblePixels(image) }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    [("pixel_values", input.pixels.unbatched)]
      + (input.detail.map { [("pixel_values_aux", $0.unbatched)] } ?? [])
  }
}
