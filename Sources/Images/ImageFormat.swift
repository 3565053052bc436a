/// The file formats that can be told apart by their first bytes.
package enum ImageFormat: String, Sendable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"
  case webp = "WebP"
  case gif = "GIF"
  case bmp = "BMP"

  init?(signatureOf file: ByteReader) {
    if file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if file.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if file.starts(with: Array("RIFF".utf8)), file.starts(with: Array("WEBP".utf8), at: 8) {
      self = .webp
    } else if file.starts(with: Array("GIF87a".utf8)) || file.starts(with: Array("GIF89a".utf8)) {
      self = .gif
    } else if file.starts(with: Array("BM".utf8)) {
      self = .bmp
    } else {
      return nil
    }
  }
}

/// What an image file says about itself before its pixels.
package struct ImageHeader: Sendable, Equatable {
  package let format: ImageFormat
  /// As stored; an EXIF orientation may swap width and height.
  package let width: Int
  package let height: Int
}
