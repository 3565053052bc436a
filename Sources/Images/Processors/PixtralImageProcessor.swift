internal import Tensors

/// Pixtral's and Mistral 3's pictures: made smaller until they fit, in whole cells of each side.
package struct PixtralImageProcessor: ImageProcessor, Equatable {
  /// What a picture must fit into (`size`).
  package var mostWidth = 1024
  package var mostHeight = 1024
  /// Pixels along one side of what the model makes one row of: a patch, or several that are merged.
  package var cellSide = 16
  package var filter = ResamplingFilter.bicubic
  package var normalization = SampleNormalization.clip
  package var limits = ImageLimits()

  package init() {}

  /// Rows and columns of cells.
  func grid(width: Int, height: Int) -> ImageInput.Size {
    let ratio = max(Double(height) / Double(mostHeight), Double(width) / Double(mostWidth))
    func cells(_ side: Int) -> Int {
      let fitted = ratio > 1 ? Int((Double(side) / ratio).rounded(.down)) : side
      // Python divides downwards: no pixel at all is no cell.
      return fitted > 0 ? (fitted - 1) / cellSide + 1 : 0
    }
    return .init(height: cells(height), width: cells(width))
  }

  package func process(_ image: PixelImage) throws -> ImageInput {
    let grid = grid(width: image.width, height: image.height)
    guard grid.height > 0, grid.width > 0 else {
      throw ImageError.invalidRequest(
        "a picture of \(image.width)×\(image.height) pixels is too long and narrow")
    }
    let resized = try image.resized(
      width: grid.width * cellSide, height: grid.height * cellSide, filter: filter, limits: limits)
    return ImageInput(pixels: try normalization.scaling().samples([resized]), grid: grid)
  }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    [
      ("pixel_values", .floats(input.pixels)),
      ("image_sizes", .integers(Array(input.pixels.shape[2...]), shape: [1, 2])),
    ]
  }
}
