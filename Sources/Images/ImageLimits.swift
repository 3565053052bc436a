/// What an image file may cost. Each limit is checked before the memory it guards is taken.
package struct ImageLimits: Sendable, Equatable {
  /// Which limit a picture exceeds.
  package enum Kind: Sendable, Equatable {
    case fileBytes, pixels, side, inflatedText

    var words: String {
      switch self {
      case .fileBytes: "size in bytes"
      case .pixels: "number of pixels"
      case .side: "longer side"
      case .inflatedText: "compressed text, inflated, in bytes,"
      }
    }

    /// What to do, as the end of a sentence; the flags are the command line's.
    var remedy: String {
      switch self {
      case .fileBytes: "Make it smaller or raise the limit by --limit-image-mib"
      case .pixels: "Scale it down or raise the limit by --limit-megapixels"
      case .side: "Scale it down or raise the limit by --limit-side"
      case .inflatedText: "Save it again without its texts and profiles"
      }
    }
  }

  /// Size of the encoded file.
  package var fileBytes: Int
  /// Width times height after decoding.
  package var pixels: Int
  /// The longer of width and height.
  package var side: Int
  /// What the compressed texts and profiles of a PNG file inflate to, all together; more is taken for an
  /// attack.
  package var inflatedTextBytes: Int

  package init(
    fileBytes: Int = 20 << 20, pixels: Int = 40_000_000, side: Int = 16_384, inflatedTextBytes: Int = 16 << 20
  ) {
    self.fileBytes = fileBytes
    self.pixels = pixels
    self.side = side
    self.inflatedTextBytes = inflatedTextBytes
  }

  func check(fileBytes found: Int, name: String) throws {
    guard found <= fileBytes else {
      throw ImageError.tooLarge(name: name, limit: .fileBytes, found: found, allowed: fileBytes)
    }
  }

  func check(width: Int, height: Int, name: String) throws {
    let longer = max(width, height)
    guard longer <= side else {
      throw ImageError.tooLarge(name: name, limit: .side, found: longer, allowed: side)
    }
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, area <= pixels else {
      throw ImageError.tooLarge(
        name: name, limit: .pixels, found: overflow ? Int.max : area, allowed: pixels)
    }
  }
}
