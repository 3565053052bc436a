/// A picture of 8-bit RGB pixels.
package struct PixelImage: Sendable, Equatable {
  package let width: Int
  package let height: Int

  /// Interleaved red, green and blue, row by row from the top: `3 * width * height` bytes.
  package let pixels: [UInt8]

  /// - Throws: `ImageError.invalidRequest` when a side is not positive or the pixels do not fill the picture.
  package init(width: Int, height: Int, pixels: [UInt8]) throws {
    guard try Self.byteCount(width: width, height: height) == pixels.count else {
      throw ImageError.invalidRequest(
        "\(width)×\(height) pixels need three bytes each, but \(pixels.count) bytes were given"
      )
    }
    self.init(width: width, height: height, checkedPixels: pixels)
  }

  /// A picture of one colour.
  ///
  /// - Throws: `ImageError.invalidRequest` when a side is not positive.
  package init(width: Int, height: Int, fill: RGBColor) throws {
    let count = try Self.byteCount(width: width, height: height)
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      for offset in stride(from: 0, to: count, by: 3) {
        buffer[offset] = fill.red
        buffer[offset + 1] = fill.green
        buffer[offset + 2] = fill.blue
      }
      initialized = count
    }
    self.init(width: width, height: height, checkedPixels: pixels)
  }

  /// For callers in this module that have sized the pixels themselves.
  init(width: Int, height: Int, checkedPixels: [UInt8]) {
    assert(checkedPixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = checkedPixels
  }

  /// `3 * width * height`, for positive sides and without overflow.
  static func byteCount(width: Int, height: Int) throws -> Int {
    let (area, areaOverflow) = width.multipliedReportingOverflow(by: height)
    let (bytes, bytesOverflow) = area.multipliedReportingOverflow(by: 3)
    guard width > 0, height > 0, !areaOverflow, !bytesOverflow else {
      throw ImageError.invalidRequest(
        "a picture cannot be \(width)×\(height) pixels; both sides must be positive")
    }
    return bytes
  }
}

/// One 8-bit RGB pixel.
package struct RGBColor: Sendable, Equatable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  package static let black = RGBColor(red: 0, green: 0, blue: 0)
}
