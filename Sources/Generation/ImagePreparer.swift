public import Images
public import Models
internal import Tensors

/// Makes of a picture what a model's encoder reads.
public protocol ImagePreparer: Sendable {
  func input(_ picture: PixelImage) throws -> ImageInput
  /// The part of the picture that the encoder sees, at a size that fits a screen; what is drawn on.
  func visiblePixels(_ picture: PixelImage) throws -> PixelImage
}

/// One square view, as LLaVA-1.5 reads it.
struct SquarePreparer: ImagePreparer {
  let processor: CLIPImageProcessor

  func input(_ picture: PixelImage) throws -> ImageInput {
    let values = try processor.pixelValues(picture)
    return ImageInput(
      pixels: Tensor(values.values, shape: [1, 3, values.height, values.width]),
      originalSize: .init(height: picture.height, width: picture.width))
  }

  func visiblePixels(_ picture: PixelImage) throws -> PixelImage { try processor.preparedPixels(picture) }
}
