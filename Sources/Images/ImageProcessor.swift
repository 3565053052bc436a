package import Tensors

/// A model family's way from a picture to what its vision tower reads.
package protocol ImageProcessor: Sendable {
  /// - Throws: `ImageError` when a setting makes no sense or an intermediate picture exceeds the limits.
  func process(_ image: PixelImage) throws -> ImageInput

  /// The part of a picture that the tower sees, at the size at which it sees it where that is one square; the picture
  /// itself otherwise.
  /// - Throws: As `process(_:)`.
  func visiblePixels(_ image: PixelImage) throws -> PixelImage

  /// What the original processor gives for a picture, under its names and in its shapes.
  /// - Parameter input: What `process(_:)` made of the picture.
  func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)]
}

/// Numbers as an original processor gives them.
package enum OriginalValues: Sendable {
  case floats(Tensor)
  /// - Shape: The second value.
  case integers([Int], shape: [Int])
}

extension ImageProcessor {
  package func visiblePixels(_ image: PixelImage) throws -> PixelImage { image }
}

extension Tensor {
  /// A batch of one picture.
  var asBatch: OriginalValues { .floats(reshaped([1] + shape)) }

  /// The picture of a batch of one.
  var unbatched: OriginalValues { .floats(rows == 1 ? reshaped(Array(shape.dropFirst())) : self) }
}

extension PixelImage {
  var size: ImageInput.Size { ImageInput.Size(height: height, width: width) }

  /// The picture cut into tiles of one size, row by row; what is left over at the right and the bottom goes.
  func tiles(width tileWidth: Int, height tileHeight: Int) throws -> [PixelImage] {
    var tiles: [PixelImage] = []
    for y in stride(from: 0, through: height - tileHeight, by: tileHeight) {
      for x in stride(from: 0, through: width - tileWidth, by: tileWidth) {
        tiles.append(try cropped(to: PixelWindow(x: x, y: y, width: tileWidth, height: tileHeight)))
      }
    }
    return tiles
  }
}
