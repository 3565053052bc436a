import Foundation
import Tensors

/// Qwen2-VL's and Qwen2.5-VL's pictures: resized to a multiple of the merged patches' side, and cut into patches.
package struct QwenVLImageProcessor: ImageProcessor, Equatable {
  package var patchSize = 14
  /// Patches a side that the model merges into one row; they stand together.
  package var mergeSize = 2
  /// A still picture stands for this many frames.
  package var temporalPatchSize = 2
  /// Bounds of width times height (`min_pixels` and `max_pixels`, or `size`).
  package var smallestArea = 56 * 56
  package var largestArea = 28 * 28 * 16_384
  package var filter = ResamplingFilter.bicubic
  package var normalization = SampleNormalization.clip
  package var limits = ImageLimits()

  package init() {}

  /// The size that a picture gets: sides are multiples of the factor, the area lies within the bounds and the shape stays
  /// as near as can be (`smart_resize` of transformers).
  ///
  /// - Throws: `ImageError.invalidRequest` when one side is more than 200 times the other, or a setting makes no sense.
  package func size(width: Int, height: Int) throws -> (width: Int, height: Int) {
    let (factor, overflow) = patchSize.multipliedReportingOverflow(by: mergeSize)
    guard width > 0, height > 0, !overflow, (1...1 << 14).contains(factor), smallestArea > 0,
      largestArea >= smallestArea
    else { throw ImageError.invalidRequest("the patches or the bounds of the area make no sense") }
    let (w, h, f) = (Double(width), Double(height), Double(factor))
    guard max(w, h) / min(w, h) <= 200 else {
      throw ImageError.invalidRequest(
        "a picture of \(width)×\(height) pixels is too long and narrow; one side may be 200 times the other at most"
      )
    }
    var newWidth = (w / f).rounded(.toNearestOrEven) * f
    var newHeight = (h / f).rounded(.toNearestOrEven) * f
    if newWidth * newHeight > Double(largestArea) {
      let shrink = sqrt(h * w / Double(largestArea))
      newWidth = max(f, (w / shrink / f).rounded(.down) * f)
      newHeight = max(f, (h / shrink / f).rounded(.down) * f)
    } else if newWidth * newHeight < Double(smallestArea) {
      let grow = sqrt(Double(smallestArea) / (h * w))
      newWidth = (w * grow / f).rounded(.up) * f
      newHeight = (h * grow / f).rounded(.up) * f
    }
    guard let width = Int(exactly: newWidth), let height = Int(exactly: newHeight) else {
      throw ImageError.invalidRequest("the bounds of the area make no sense")
    }
    return (width, height)
  }

  /// Patches are rows of `[3, time, patch, patch]` values; those that are merged follow each other, row by row.
  package func process(_ image: PixelImage) throws -> ImageInput {
    let (width, height) = try size(width: image.width, height: image.height)
    guard (1...64).contains(temporalPatchSize) else {
      throw ImageError.invalidRequest("a patch cannot have \(temporalPatchSize) frames")
    }
    let resized = try image.resized(width: width, height: height, filter: filter, limits: limits)
    let samples = try normalization.scaling().samples([resized])
    let (rows, columns) = (height / patchSize, width / patchSize)
    let patchValues = 3 * temporalPatchSize * patchSize * patchSize
    let patches = samples.withFloats { samples in
      Tensor(floats: [rows * columns, patchValues]) { start in
        var write = start
        for blockRow in stride(from: 0, to: rows, by: mergeSize) {
          for blockColumn in stride(from: 0, to: columns, by: mergeSize) {
            for row in blockRow..<blockRow + mergeSize {
              for column in blockColumn..<blockColumn + mergeSize {
                copyPatch(of: samples, height: height, width: width, row: row, column: column, to: &write)
              }
            }
          }
        }
      }
    }
    return ImageInput(
      pixels: patches, originalSize: image.size, grid: ImageInput.Size(height: rows, width: columns))
  }

  private func copyPatch(
    of samples: UnsafeBufferPointer<Float>, height: Int, width: Int, row: Int, column: Int,
    to write: inout UnsafeMutablePointer<Float>
  ) {
    for channel in 0..<3 {
      for _ in 0..<temporalPatchSize {
        for line in row * patchSize..<(row + 1) * patchSize {
          let start = (channel * height + line) * width + column * patchSize
          for place in start..<start + patchSize {
            write.pointee = samples[place]
            write += 1
          }
        }
      }
    }
  }

  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    [
      ("pixel_values", .floats(input.pixels)),
      ("image_grid_thw", .integers([1, input.grid?.height ?? 0, input.grid?.width ?? 0], shape: [1, 3])),
    ]
  }
}
