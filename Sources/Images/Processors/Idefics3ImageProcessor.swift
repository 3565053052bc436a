internal import Tensors

/// Idefics 3's and SmolVLM's pictures: enlarged or reduced to a fixed longer side, then to whole tiles, cut up, the whole
/// picture as the last tile.
package struct Idefics3ImageProcessor: ImageProcessor, Equatable {
  /// The longer side after the first resize (`size.longest_edge`).
  package var longestEdge = 1456
  /// The side of a tile (`max_image_size.longest_edge`).
  package var tileSide = 364
  /// Whether pictures are cut up (`do_image_splitting`); if not, the whole picture is the only tile.
  package var splits = true
  package var filter = ResamplingFilter.lanczos
  package var normalization = SampleNormalization.symmetric
  package var limits = ImageLimits()

  package init() {}

  /// The size after the first resize: the longer side is given, the other follows and is even.
  ///
  /// - Throws: `ImageError.invalidRequest` when a setting makes no sense.
  package func firstSize(width: Int, height: Int) throws -> (width: Int, height: Int) {
    guard width > 0, height > 0, (1...1 << 20).contains(longestEdge), (1...1 << 14).contains(tileSide) else {
      throw ImageError.invalidRequest("a longest edge of \(longestEdge) or a tile of \(tileSide) pixels")
    }
    let ratio = Double(width) / Double(height)
    func even(_ side: Int) -> Int { max(side % 2 == 0 ? side : side + 1, 1) }
    // The towers' library never goes beyond this side.
    let most = 4096
    // Divided by the ratio or times the ratio: the last bit decides.
    if width >= height {
      let other = even(Int(Double(longestEdge) / ratio))
      if longestEdge <= most { return (longestEdge, other) }
      return (most, max(Int(Double(most) / (Double(longestEdge) / Double(other))), 1))
    }
    let other = even(Int(Double(longestEdge) * ratio))
    if longestEdge <= most { return (other, longestEdge) }
    return (max(Int(Double(most) * (Double(other) / Double(longestEdge))), 1), most)
  }

  /// The size after the second resize: whole tiles, by the shape that the first resize left.
  ///
  /// - Throws: as ``firstSize(width:height:)``.
  package func secondSize(width: Int, height: Int) throws -> (width: Int, height: Int) {
    let (width, height) = try firstSize(width: width, height: height)
    func wholeTiles(_ side: Int) -> Int { (side + tileSide - 1) / tileSide * tileSide }
    let ratio = Double(width) / Double(height)
    if width >= height {
      let newWidth = wholeTiles(width)
      return (newWidth, wholeTiles(Int(Double(newWidth) / ratio)))
    }
    let newHeight = wholeTiles(height)
    return (wholeTiles(Int(Double(newHeight) * ratio)), newHeight)
  }

  package func process(_ image: PixelImage) throws -> ImageInput {
    let first = try firstSize(width: image.width, height: image.height)
    var picture = try image.resized(width: first.width, height: first.height, filter: filter, limits: limits)
    var images: [PixelImage] = []
    var grid = ImageInput.Size(height: 0, width: 0)
    if splits {
      let second = try secondSize(width: image.width, height: image.height)
      picture = try picture.resized(
        width: second.width, height: second.height, filter: filter, limits: limits)
      if second.width > tileSide || second.height > tileSide {
        images = try picture.tiles(width: tileSide, height: tileSide)
        grid = ImageInput.Size(height: second.height / tileSide, width: second.width / tileSide)
      }
    }
    images.append(try picture.resized(width: tileSide, height: tileSide, filter: filter, limits: limits))
    // Every tile is full: only batches of pictures with different numbers of tiles are padded.
    return ImageInput(
      pixels: try normalization.scaling().samples(images), originalSize: image.size, grid: grid)
  }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    let shape = [1, input.views] + input.pixels.shape.suffix(2)
    return [
      ("pixel_values", input.pixels.asBatch),
      (
        "pixel_attention_mask",
        .integers([Int](repeating: 1, count: shape.reduce(1, *)), shape: shape)
      ),
      ("rows", .integers([input.grid?.height ?? 0], shape: [1, 1])),
      ("cols", .integers([input.grid?.width ?? 0], shape: [1, 1])),
    ]
  }
}
