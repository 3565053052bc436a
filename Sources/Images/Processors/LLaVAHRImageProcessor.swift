internal import Tensors

/// LLaVA-HR's pictures: of high resolution for the ConvNeXt tower. The CLIP tower's are made of them within the model.
package struct LLaVAHRImageProcessor: ImageProcessor, Equatable {
  /// Makes the picture of high resolution.
  package var slow: CLIPImageProcessor

  package init(slow: CLIPImageProcessor) { self.slow = slow }

  /// The side of the CLIP tower's picture: 14 pixels for each 32 of the larger one, and CLIP's own 336 at least. A reduced
  /// model, whose larger picture does not even have 336, has no such bound.
  package static func fastSide(for side: Int) -> Int {
    let scaled = Int(Double(side) / 32 * 14)
    return side < 336 ? max(scaled, 1) : max(scaled, 336)
  }

  package func process(_ image: PixelImage) throws -> ImageInput { try slow.process(image) }

  package func visiblePixels(_ image: PixelImage) throws -> PixelImage { try slow.visiblePixels(image) }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    let fast = input.pixels.interpolated(
      width: Self.fastSide(for: input.pixels.shape[3]), height: Self.fastSide(for: input.pixels.shape[2]),
      alignsCorners: true)
    return slow.originals(of: input) + [("fast_branch_input", fast.unbatched)]
  }
}
