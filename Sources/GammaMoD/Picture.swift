public import Foundation
internal import Images

/// A picture of 8-bit RGB pixels.
///
/// Files may be PNG, JPEG, WebP, GIF or BMP, of at most 20 MiB, 40 megapixels and 16,384 pixels a side. Their pixels are those
/// of Pillow: alpha is dropped, the first frame counts, and EXIF turns the picture upright.
public struct Picture: Sendable, Equatable {
  let image: PixelImage

  /// Reads a file.
  /// - Throws: `.picture` if it cannot be read, is damaged or too large.
  public init(contentsOf file: URL) throws(GammaModError) {
    image = try GammaModError.translating { try ImageLoader.load(url: file) }
  }

  /// Reads a file's bytes.
  /// - Throws: `.picture` if they are damaged or too many.
  public init(data: Data) throws(GammaModError) {
    image = try GammaModError.translating { try ImageLoader.decode(data, name: "in memory") }
  }

  /// A picture of pixels that are there already, such as a camera's.
  /// - Parameters:
  ///   - width: Pixels of a row.
  ///   - height: Rows.
  ///   - rgb: Red, green and blue of each pixel, row by row from the top: `3 * width * height` bytes.
  /// - Throws: `.picture` if a side is not positive or the bytes do not fill the picture.
  public init(width: Int, height: Int, rgb: [UInt8]) throws(GammaModError) {
    image = try GammaModError.translating { try PixelImage(width: width, height: height, pixels: rgb) }
  }

  init(_ image: PixelImage) { self.image = image }

  /// The picture as a PNG file.
  /// - Throws: `.picture` if a side is longer than PNG allows or memory runs out.
  public func pngData() throws(GammaModError) -> Data {
    try GammaModError.translating { try image.pngData() }
  }
}
