internal import Benchmarks
internal import Foundation
internal import Images

extension BenchmarkItem {
  /// The decoded picture; nil for questions without one.
  /// - Throws: `BenchmarkError` if it cannot be read, `ImageError` if it is damaged.
  func decodedImage(_ options: DecodeOptions = DecodeOptions()) throws -> PixelImage? {
    guard let image else { return nil }
    let name = if case .file(let url) = image { url.path } else { "the picture of question \(id)" }
    return try ImageLoader.decode(image.data(), name: name, options: options)
  }
}
