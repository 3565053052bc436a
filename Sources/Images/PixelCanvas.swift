/// A picture on a canvas of one colour that is drawn only where it is needed.
///
/// Squaring a panorama may cost hundreds of times its pixels, so the padding of a picture that is resized
/// next is never made.
struct PixelCanvas {
  let image: PixelImage
  let width: Int
  let height: Int
  /// Where the picture's first pixel lies.
  let x: Int
  let y: Int
  let fill: RGBColor

  /// - Precondition: the picture lies on the canvas as a whole.
  init(_ image: PixelImage, width: Int, height: Int, x: Int, y: Int, fill: RGBColor) {
    self.image = image
    self.width = width
    self.height = height
    self.x = x
    self.y = y
    self.fill = fill
  }

  /// The picture without padding.
  init(_ image: PixelImage) {
    self.init(image, width: image.width, height: image.height, x: 0, y: 0, fill: .black)
  }

  /// The picture in the middle of a square of its longer side; an odd pixel goes to the right or to the
  /// bottom.
  init(squareAround image: PixelImage, fill: RGBColor) {
    let side = max(image.width, image.height)
    self.init(
      image, width: side, height: side, x: (side - image.width) / 2, y: (side - image.height) / 2, fill: fill)
  }

  /// A band of rows, limited to some columns, as a picture.
  func drawn(rows: Range<Int>, columns: Range<Int>) -> PixelImage {
    let shown = (x..<x + image.width).clamped(to: columns)
    return makeImage(
      rows: rows, width: columns.count,
      touched: shown.lowerBound - columns.lowerBound..<shown.upperBound - columns.lowerBound
    ) { row, output, made in
      (output + made.lowerBound * 3).update(
        from: row + (columns.lowerBound + made.lowerBound) * 3, count: made.count * 3)
    }
  }

  /// A band of rows, resampled horizontally by a table made for this canvas's width.
  func resampledHorizontally(by table: ResamplingWeights, rows: Range<Int>) -> PixelImage {
    makeImage(
      rows: rows, width: table.first.count, touched: table.outputs(drawingOn: x..<x + image.width)
    ) { row, output, made in
      table.applyToRow(row, output: output, columns: made)
    }
  }

  /// Makes each row of a picture from the canvas's row. What is mere padding is made once and copied: a line of pixels on
  /// a square canvas would take a square's time otherwise.
  ///
  /// - Parameters:
  ///   - touched: The new columns that the canvas's picture has a part in.
  ///   - makeRow: Makes the columns `made` of a row.
  private func makeImage(
    rows: Range<Int>, width newWidth: Int, touched: Range<Int>,
    makeRow: (_ row: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>, _ made: Range<Int>) -> Void
  ) -> PixelImage {
    let rowBytes = newWidth * 3
    let count = rowBytes * rows.count
    var padded: [UInt8] = []
    for _ in 0..<width { padded += [fill.red, fill.green, fill.blue] }
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard var output = buffer.baseAddress else { return }
      image.pixels.withUnsafeBufferPointer { stored in
        padded.withUnsafeMutableBufferPointer { padded in
          guard let stored = stored.baseAddress, let blank = padded.baseAddress else { return }
          withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rowBytes) { finishedPadding in
            guard let finishedPadding = finishedPadding.baseAddress else { return }
            makeRow(blank, finishedPadding, 0..<newWidth)
            for row in rows {
              let read = stored + (row - y) * image.width * 3
              if row < y || row >= y + image.height {
                output.update(from: finishedPadding, count: rowBytes)
              } else if image.width == width {
                makeRow(read, output, 0..<newWidth)
              } else {
                output.update(from: finishedPadding, count: rowBytes)
                (blank + x * 3).update(from: read, count: image.width * 3)
                makeRow(blank, output, touched)
              }
              output += rowBytes
            }
          }
        }
      }
      initialized = count
    }
    return PixelImage(width: newWidth, height: rows.count, checkedPixels: pixels)
  }
}
