/// Numbers with a shape, row-major: the input of a vision tower.
package struct PixelTensor: Sendable, Equatable {
  package let shape: [Int]
  package let values: [Float]

  /// - Precondition: the values fill the shape.
  init(_ values: [Float], shape: [Int]) {
    assert(shape.reduce(1, *) == values.count)
    self.shape = shape
    self.values = values
  }

  /// - Shape: `[channels, height, width]`
  init(_ pixels: PixelValues) {
    self.init(pixels.values, shape: [pixels.channels, pixels.height, pixels.width])
  }
}

extension SampleScaling {
  /// Pictures of one size, one behind the other.
  ///
  /// - Shape: `[images.count, 3, height, width]`
  func stacked(_ images: [PixelImage]) -> PixelTensor {
    guard let first = images.first else { return PixelTensor([], shape: [0, 3, 0, 0]) }
    var values: [Float] = []
    values.reserveCapacity(images.count * 3 * first.width * first.height)
    for image in images { values += pixelValues(image).values }
    return PixelTensor(values, shape: [images.count, 3, first.height, first.width])
  }
}
