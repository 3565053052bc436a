package import Foundation
package import Images
internal import Tensors

extension VisionLanguageModel {
  /// What makes pictures the model's inputs; nil for models that read text only.
  /// - Parameter folder: Where preprocessor_config.json or processor_config.json lies; CLIP's rules for the tower's size
  ///   count where there is neither.
  /// - Throws: `JSONError` if a file cannot be read or asks for what is not supported.
  package func imageProcessor(in folder: URL) throws -> (any ImageProcessor)? {
    try images.map { try ImageProcessors.load(folder: folder, side: $0.blank.pixels.shape.last) }
  }
}
