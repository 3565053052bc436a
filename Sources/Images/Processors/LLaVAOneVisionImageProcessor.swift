/// LLaVA-OneVision's pictures: the whole at the tower's size, then the tiles of a grid that fits its shape (`anyres`).
package struct LLaVAOneVisionImageProcessor: ImageProcessor, Equatable {
  /// Sizes that a picture may be resized to before it is cut up, multiples of the tile.
  package var sizes: TileSizes
  package var tileWidth = 384
  package var tileHeight = 384
  package var filter = ResamplingFilter.bicubic
  package var normalization = SampleNormalization.symmetric
  package var limits = ImageLimits()

  package init(sizes: [ImageInput.Size]) { self.sizes = TileSizes(sizes) }

  package func process(_ image: PixelImage) throws -> ImageInput {
    let size = try sizes.best(for: image.size)
    guard tileWidth > 0, tileHeight > 0, size.width % tileWidth == 0, size.height % tileHeight == 0 else {
      throw ImageError.invalidRequest(
        "\(size.width)×\(size.height) pixels cannot be cut into tiles of \(tileWidth)×\(tileHeight)")
    }
    let whole = try image.resized(width: tileWidth, height: tileHeight, filter: filter, limits: limits)
    let tiles = try fitted(image, into: size).tiles(width: tileWidth, height: tileHeight)
    return ImageInput(
      pixels: try normalization.scaling().samples([whole] + tiles), originalSize: image.size,
      grid: ImageInput.Size(height: size.height / tileHeight, width: size.width / tileWidth))
  }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    let size = input.originalSize.map { [$0.height, $0.width] } ?? [0, 0]
    return [
      ("pixel_values", input.pixels.asBatch), ("image_sizes", .integers(size, shape: [1, 2])),
      ("batch_num_images", .integers([1], shape: [1])),
    ]
  }

  /// The picture as large as it fits, its shape kept, in the middle of a black canvas; an odd pixel of padding goes to the
  /// right or the bottom.
  private func fitted(_ image: PixelImage, into size: ImageInput.Size) throws -> PixelImage {
    try limits.check(width: size.width, height: size.height, name: "after padding")
    let scaleX = Double(size.width) / Double(image.width)
    let scaleY = Double(size.height) / Double(image.height)
    let width =
      scaleX < scaleY ? size.width : min(Int((Double(image.width) * scaleY).rounded(.up)), size.width)
    let height =
      scaleX < scaleY ? min(Int((Double(image.height) * scaleX).rounded(.up)), size.height) : size.height
    return try image.resized(width: width, height: height, filter: filter, limits: limits).padded(
      width: size.width, height: size.height, x: (size.width - width) / 2, y: (size.height - height) / 2,
      fill: .black, limits: limits)
  }
}
