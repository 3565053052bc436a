/// What an image file may cost. Each limit is checked before the memory it guards is taken.
package struct ImageLimits: Sendable, Equatable {
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
      throw ImageError.tooLarge(name: name, quantity: "size in bytes", found: found, limit: fileBytes)
    }
  }

  func check(width: Int, height: Int, name: String) throws {
    let longer = max(width, height)
    guard longer <= side else {
      throw ImageError.tooLarge(name: name, quantity: "longer side", found: longer, limit: side)
    }
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, area <= pixels else {
      throw ImageError.tooLarge(
        name: name, quantity: "number of pixels", found: overflow ? Int.max : area, limit: pixels)
    }
  }
}
