internal import Benchmarks
internal import Foundation
internal import Images

extension BenchmarkItem {
  /// The decoded picture; nil for questions without one.
  /// - Throws: `BenchmarkError` or `ImageError` if it cannot be read or is damaged.
  func decodedImage(_ options: DecodeOptions = DecodeOptions(), limits: ImageLimits = ImageLimits()) throws
    -> PixelImage?
  {
    guard let image else { return nil }
    if case .file(let url) = image { return try ImageLoader.load(url: url, limits: limits, options: options) }
    return try image.decodedText(limit: limits.fileBytes).map {
      try ImageLoader.decode($0, name: "of question \(id)", limits: limits, options: options)
    }
  }
}
