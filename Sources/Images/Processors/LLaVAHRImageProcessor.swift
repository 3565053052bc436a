/// LLaVA-HR's pictures: one of high resolution for the ConvNeXt tower and, made from it, one for the CLIP tower.
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

  package func process(_ image: PixelImage) throws -> ProcessedImage {
    let pixels = try slow.pixelValues(image)
    let fast = pixels.interpolated(
      width: Self.fastSide(for: pixels.width), height: Self.fastSide(for: pixels.height), alignsCorners: true)
    var result = ProcessedImage(PixelTensor(pixels), of: image)
    result.auxiliary = ProcessedImage.Auxiliary(name: "fast_branch_input", tensor: PixelTensor(fast))
    return result
  }
}
