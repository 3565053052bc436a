import Files
import Foundation
import Images

/// A picture named on the command line or in a file of questions.
struct PictureInput {
  let limits: ImageLimits
  let exif: Bool

  /// - Parameters:
  ///   - name: A file, "-" for standard input, or a `file:` or `data:` URL.
  ///   - folder: Where paths start from; the current folder if nil.
  func load(_ name: String, relativeTo folder: URL? = nil) throws -> PixelImage {
    let options = DecodeOptions(exifOrientation: exif)
    if name == "-" {
      let data = try StandardInput.data(limit: limits.fileBytes + 1)
      return try ImageLoader.decode(data, name: "standard input", limits: limits, options: options)
    }
    switch try NamedContent(name, relativeTo: folder, limit: limits.fileBytes) {
    case .file(let url): return try ImageLoader.load(path: url.path, limits: limits, options: options)
    case .content(let data):
      return try ImageLoader.decode(data, name: "in the data URL", limits: limits, options: options)
    }
  }
}
