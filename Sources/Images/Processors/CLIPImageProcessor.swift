package import Tensors

/// Turns a picture into the input of a CLIP-like vision tower, with the same numbers as the
/// `CLIPImageProcessor` of Hugging Face transformers and LLaVA's padding before it.
///
/// The order is fixed: pad to a square, resize, crop the middle, rescale, normalise. Each step can be
/// switched off.
package struct CLIPImageProcessor: ImageProcessor, Equatable {
  /// The size to which a picture is resized.
  package enum Size: Sendable, Equatable {
    /// The shorter side gets this length, the shape is kept.
    case shortestEdge(Int)
    /// Both sides are given, the shape is not kept.
    case exact(width: Int, height: Int)
  }

  /// LLaVA's `image_aspect_ratio: pad`: a square canvas filled with the mean colour.
  package var padsToSquare = false
  /// Nil leaves the size as it is (`do_resize: false`).
  package var size: Size? = .shortestEdge(336)
  package var filter = ResamplingFilter.bicubic
  /// Nil leaves the edges on (`do_center_crop: false`). Where the crop is larger than the picture, black is
  /// added.
  package var cropWidth: Int? = 336
  package var cropHeight: Int? = 336
  /// How bytes become samples.
  package var normalization = SampleNormalization.clip
  /// Guards the size of every intermediate picture.
  package var limits = ImageLimits()
  /// Whether the original gives a batch of one, as SigLIP's does, and not the picture alone.
  private var givesBatch = false

  /// The processor of CLIP ViT-L/14 at 336 pixels, the tower of LLaVA-1.5. Change what a configuration says
  /// otherwise.
  package init() {}

  /// SigLIP's: resized to a square without keeping the shape, samples of −1…1.
  package static func siglip(side: Int) -> CLIPImageProcessor {
    var processor = CLIPImageProcessor()
    processor.size = .exact(width: side, height: side)
    (processor.cropWidth, processor.cropHeight) = (nil, nil)
    processor.normalization = .symmetric
    processor.givesBatch = true
    return processor
  }

  /// - Shape: → `[1, 3, height, width]`
  /// - Throws: `ImageError` when a setting makes no sense or an intermediate picture exceeds the limits.
  package func samples(_ image: PixelImage) throws -> Tensor {
    try normalization.scaling().samples([visiblePixels(image)])
  }

  package func process(_ image: PixelImage) throws -> ImageInput {
    ImageInput(pixels: try samples(image), originalSize: image.size)
  }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    [("pixel_values", givesBatch ? .floats(input.pixels) : input.pixels.unbatched)]
  }

  /// The picture after padding, resizing and cropping, before its samples become floating-point numbers.
  ///
  /// - Throws: as ``samples(_:)``.
  package func visiblePixels(_ image: PixelImage) throws -> PixelImage {
    let canvas = padsToSquare ? PixelCanvas(squareAround: image, fill: try meanColor()) : PixelCanvas(image)
    let (width, height) = try targetSize(of: canvas)
    let newWidth = cropWidth ?? width
    let newHeight = cropHeight ?? height
    guard newWidth > 0, newHeight > 0 else {
      throw ImageError.invalidRequest("the crop cannot be \(newWidth)×\(newHeight) pixels")
    }
    try limits.check(width: newWidth, height: newHeight, name: "after cropping")
    let crop = PixelWindow(centeredWidth: newWidth, height: newHeight, inWidth: width, height: height)
    // The part of the crop that the picture covers; the rest is black.
    let left = max(crop.x, 0)
    let top = max(crop.y, 0)
    let window = PixelWindow(
      x: left, y: top, width: min(crop.x + crop.width, width) - left,
      height: min(crop.y + crop.height, height) - top)
    let resized = try canvas.resized(
      width: width, height: height, filter: filter, window: window, limits: limits)
    if window == crop { return resized }
    return try resized.padded(
      width: crop.width, height: crop.height, x: left - crop.x, y: top - crop.y, fill: .black, limits: limits)
  }

  private func targetSize(of canvas: PixelCanvas) throws -> (width: Int, height: Int) {
    switch size {
    case nil: (canvas.width, canvas.height)
    case .exact(let width, let height): (width, height)
    case .shortestEdge(let length):
      try PixelImage.size(width: canvas.width, height: canvas.height, shortestEdge: length)
    }
  }

  /// The colour of LLaVA's padding: the mean, rounded down to a byte.
  private func meanColor() throws -> RGBColor {
    let mean = normalization.mean
    let bytes = mean.compactMap { UInt8(exactly: ($0 * 255).rounded(.towardZero)) }
    guard mean.count == 3, bytes.count == 3 else {
      throw ImageError.invalidRequest(
        "the mean must be three numbers from 0 to 1 to give a colour of padding")
    }
    return RGBColor(red: bytes[0], green: bytes[1], blue: bytes[2])
  }
}
