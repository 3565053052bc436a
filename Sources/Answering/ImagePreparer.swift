package import Foundation
package import Images
package import Models
internal import Tensors

/// Makes of a picture what a model's encoder reads, by the family's own preprocessor.
package struct ImagePreparer: Sendable {
  private let processor: any ImageProcessor

  package init(_ processor: any ImageProcessor) { self.processor = processor }

  /// The preparer of a model folder: what preprocessor_config.json or processor_config.json says, and LLaVA-1.5's rules
  /// for the tower's size where there is neither.
  package init(modelFolder: URL, encoder: any ImageEncoder) throws {
    processor = try ImageProcessors.load(folder: modelFolder, side: encoder.blank.pixels.shape.last)
  }

  package func input(_ picture: PixelImage) throws -> ImageInput {
    let result = try processor.process(picture)
    func tensor(_ pixels: PixelTensor) -> Tensor {
      let shape = pixels.shape.count == 3 ? [1] + pixels.shape : pixels.shape
      return Tensor(pixels.values, shape: shape)
    }
    let detail = result.auxiliary.flatMap { $0.name == "pixel_values_aux" ? tensor($0.tensor) : nil }
    let grid =
      result.patchGrid.flatMap { $0.count == 3 ? ImageInput.Size(height: $0[1], width: $0[2]) : nil }
      ?? result.tiles.map { ImageInput.Size(height: $0.rows, width: $0.columns) }
    return ImageInput(
      pixels: tensor(result.pixelValues), detail: detail, mask: result.attentionMask?.values.map { $0 != 0 },
      originalSize: .init(height: result.originalHeight, width: result.originalWidth), grid: grid)
  }

  /// The part of the picture that the encoder sees, at the size at which it sees it where that is one square; what skipped
  /// patches are drawn on.
  package func visiblePixels(_ picture: PixelImage) throws -> PixelImage {
    switch processor {
    case let clip as CLIPImageProcessor: try clip.preparedPixels(picture)
    case let wide as LLaVAHRImageProcessor: try wide.slow.preparedPixels(picture)
    case let wide as MGMImageProcessor: try wide.large.preparedPixels(picture)
    default: picture
    }
  }
}
