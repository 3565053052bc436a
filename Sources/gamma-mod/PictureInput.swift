import Foundation
import Images

/// A picture named on the command line.
enum PictureInput {
  /// - Parameter path: A file, or "-" for standard input.
  static func load(_ path: String, exif: Bool) throws -> PixelImage {
    let options = DecodeOptions(exifOrientation: exif)
    guard path == "-" else { return try ImageLoader.load(path: path, options: options) }
    let limits = ImageLimits()
    let data = try FileHandle.standardInput.read(upToCount: limits.fileBytes + 1) ?? Data()
    return try ImageLoader.decode(data, name: "standard input", limits: limits, options: options)
  }
}
