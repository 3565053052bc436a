/// LLaVA-OneVision's pictures: the whole at the tower's size, then the tiles of a grid that fits its shape (`anyres`).
package struct LLaVAOneVisionImageProcessor: ImageProcessor, Equatable {
  /// Sizes that a picture may be resized to before it is cut up (`image_grid_pinpoints`), multiples of the tile.
  package var sizes: [Size]
  package var tileWidth = 384
  package var tileHeight = 384
  package var filter = ResamplingFilter.bicubic
  package var normalization = SampleNormalization.symmetric
  package var limits = ImageLimits()

  package struct Size: Sendable, Equatable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  package init(sizes: [Size]) { self.sizes = sizes }

  /// The size at which most of the picture's own pixels are kept; of equal ones that with the least padding, and the
  /// first of the list (`select_best_resolution` of transformers).
  ///
  /// - Throws: `ImageError.invalidRequest` when there is no size to choose.
  package func bestSize(width: Int, height: Int) throws -> Size {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow else {
      throw ImageError.invalidRequest("a picture cannot be \(width)×\(height) pixels")
    }
    var best: (size: Size, kept: Int, wasted: Int)?
    for size in sizes where size.width > 0 && size.height > 0 {
      let scale = min(Double(size.width) / Double(width), Double(size.height) / Double(height))
      let kept = scale < 1 ? Int(Double(width) * scale) * Int(Double(height) * scale) : pixels
      let (area, isBeyondCounting) = size.width.multipliedReportingOverflow(by: size.height)
      if isBeyondCounting { continue }
      let wasted = area - kept
      if let best, (kept, best.wasted) <= (best.kept, wasted) { continue }
      best = (size, kept, wasted)
    }
    guard let best else { throw ImageError.invalidRequest("there is no size that a picture may be cut from") }
    return best.size
  }

  package func process(_ image: PixelImage) throws -> ProcessedImage {
    let size = try bestSize(width: image.width, height: image.height)
    guard tileWidth > 0, tileHeight > 0, size.width % tileWidth == 0, size.height % tileHeight == 0 else {
      throw ImageError.invalidRequest(
        "\(size.width)×\(size.height) pixels cannot be cut into tiles of \(tileWidth)×\(tileHeight)")
    }
    let whole = try image.resized(width: tileWidth, height: tileHeight, filter: filter, limits: limits)
    let tiles = try fitted(image, into: size).tiles(width: tileWidth, height: tileHeight)
    var result = ProcessedImage(try normalization.scaling().stacked([whole] + tiles), of: image)
    result.tiles = TileGrid(rows: size.height / tileHeight, columns: size.width / tileWidth)
    return result
  }

  /// The picture as large as it fits, its shape kept, in the middle of a black canvas; an odd pixel of padding goes to the
  /// right or the bottom.
  private func fitted(_ image: PixelImage, into size: Size) throws -> PixelImage {
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
