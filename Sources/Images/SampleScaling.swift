internal import Tensors

/// What a byte of each channel becomes as a floating-point number.
struct SampleScaling {
  /// 256 values for red, then for green, then for blue.
  private let table: [Float]

  /// The product with the factor is taken in double precision and rounded to single; mean and deviation are
  /// applied in single precision. A nil factor is 1.
  ///
  /// - Throws: `ImageError.invalidRequest` unless there are three means and three deviations other than 0.
  init(rescaleFactor: Double?, mean: [Double], standardDeviation: [Double]) throws {
    guard mean.count == 3, standardDeviation.count == 3, standardDeviation.allSatisfy({ Float($0) != 0 })
    else {
      throw ImageError.invalidRequest(
        "mean and standard deviation must be three numbers each, the latter not 0")
    }
    var table: [Float] = []
    for (mean, deviation) in zip(mean, standardDeviation) {
      for sample in 0..<256 {
        table.append((Float(Double(sample) * (rescaleFactor ?? 1)) - Float(mean)) / Float(deviation))
      }
    }
    self.table = table
  }

  /// Pictures of one size, one behind the other.
  /// - Shape: `[images.count, 3, height, width]`
  func samples(_ images: [PixelImage]) -> Tensor {
    let (width, height) = (images.first?.width ?? 0, images.first?.height ?? 0)
    let plane = width * height
    return Tensor(floats: [images.count, 3, height, width]) { first in
      for (index, image) in images.enumerated() {
        let output = first + index * 3 * plane
        image.pixels.withUnsafeBufferPointer { input in
          table.withUnsafeBufferPointer { table in
            for place in 0..<plane {
              output[place] = table[Int(input[place * 3])]
              output[plane + place] = table[256 + Int(input[place * 3 + 1])]
              output[2 * plane + place] = table[512 + Int(input[place * 3 + 2])]
            }
          }
        }
      }
    }
  }
}
