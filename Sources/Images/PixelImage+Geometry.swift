/// A rectangle of pixels; x grows to the right, y downwards.
package struct PixelWindow: Sendable, Equatable, CustomStringConvertible {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  package init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The middle of a picture, beginning at half the difference rounded down; negative where the window is
  /// larger.
  init(centeredWidth width: Int, height: Int, inWidth outerWidth: Int, height outerHeight: Int) {
    self.init(x: (outerWidth - width) >> 1, y: (outerHeight - height) >> 1, width: width, height: height)
  }

  package var description: String { "the window of \(width)×\(height) pixels at (\(x), \(y))" }

  /// Whether the window has pixels and all of them lie inside a picture of this size.
  func fits(width outerWidth: Int, height outerHeight: Int) -> Bool {
    width > 0 && height > 0 && x >= 0 && y >= 0 && width <= outerWidth && height <= outerHeight
      && x <= outerWidth - width && y <= outerHeight - height
  }
}

extension PixelImage {
  /// - Throws: `ImageError.invalidRequest` when the window is empty or does not lie inside the picture.
  package func cropped(to window: PixelWindow) throws -> PixelImage {
    guard window.fits(width: width, height: height) else {
      throw ImageError.invalidRequest("\(window) does not lie inside a picture of \(width)×\(height) pixels")
    }
    return PixelCanvas(self).drawn(
      rows: window.y..<window.y + window.height, columns: window.x..<window.x + window.width)
  }

  /// The picture on a larger canvas.
  ///
  /// - Throws: `ImageError` when the picture does not fit on the canvas or the canvas exceeds the
  ///   limits.
  package func padded(
    width newWidth: Int, height newHeight: Int, x: Int, y: Int, fill: RGBColor,
    limits: ImageLimits = ImageLimits()
  ) throws -> PixelImage {
    let place = PixelWindow(x: x, y: y, width: width, height: height)
    guard place.fits(width: newWidth, height: newHeight) else {
      throw ImageError.invalidRequest("\(place) does not lie on a canvas of \(newWidth)×\(newHeight) pixels")
    }
    try limits.check(width: newWidth, height: newHeight, name: "after padding")
    return PixelCanvas(self, width: newWidth, height: newHeight, x: x, y: y, fill: fill)
      .drawn(rows: 0..<newHeight, columns: 0..<newWidth)
  }

  /// The picture in the middle of a square of its longer side; an odd pixel goes to the right or to the
  /// bottom.
  ///
  /// - Throws: `ImageError.tooLarge` when the square has more pixels than the limit.
  package func expandedToSquare(fill: RGBColor, limits: ImageLimits = ImageLimits()) throws -> PixelImage {
    let canvas = PixelCanvas(squareAround: self, fill: fill)
    try limits.check(width: canvas.width, height: canvas.height, name: "after padding")
    return canvas.drawn(rows: 0..<canvas.height, columns: 0..<canvas.width)
  }
}
