extension PixelCanvas {
  /// A window of the canvas at another size, bit for bit as Pillow's `Image.resize` makes it: a horizontal
  /// pass, rounding to bytes, a vertical pass. A pass that changes nothing is skipped, and so is what the
  /// window does not show.
  ///
  /// - Throws: `ImageError` when a side is not positive, the window does not lie inside the resized canvas,
  ///   or it exceeds the limits.
  func resized(
    width newWidth: Int, height newHeight: Int, filter: ResamplingFilter, window: PixelWindow,
    limits: ImageLimits
  ) throws -> PixelImage {
    guard window.fits(width: newWidth, height: newHeight) else {
      throw ImageError.invalidRequest(
        "\(window) does not lie inside a picture of \(newWidth)×\(newHeight) pixels")
    }
    try limits.check(width: window.width, height: window.height, name: "after resizing")
    let columns = window.x..<window.x + window.width
    let rows = window.y..<window.y + window.height
    if newHeight == height {
      return resampledHorizontally(to: newWidth, columns: columns, rows: rows, filter: filter)
    }
    let table = ResamplingWeights(filter: filter, inputLength: height, outputLength: newHeight, outputs: rows)
    return resampledHorizontally(to: newWidth, columns: columns, rows: table.sources, filter: filter)
      .resampledVertically(by: table)
  }

  private func resampledHorizontally(
    to newWidth: Int, columns: Range<Int>, rows: Range<Int>, filter: ResamplingFilter
  ) -> PixelImage {
    if newWidth == width { return drawn(rows: rows, columns: columns) }
    let table = ResamplingWeights(
      filter: filter, inputLength: width, outputLength: newWidth, outputs: columns)
    return resampledHorizontally(by: table, rows: rows)
  }
}

extension PixelImage {
  /// The picture at another size, with Pillow's pixels.
  ///
  /// - Throws: `ImageError` when a side is not positive or the result exceeds the limits.
  package func resized(
    width newWidth: Int, height newHeight: Int, filter: ResamplingFilter, limits: ImageLimits = ImageLimits()
  ) throws -> PixelImage {
    try PixelCanvas(self).resized(
      width: newWidth, height: newHeight, filter: filter,
      window: PixelWindow(x: 0, y: 0, width: newWidth, height: newHeight), limits: limits)
  }

  /// The size at which the shorter side has the given length and the shape is kept; the longer side is
  /// rounded down.
  ///
  /// - Throws: `ImageError.invalidRequest` when the length is not positive or beyond any use.
  static func size(width: Int, height: Int, shortestEdge: Int) throws -> (width: Int, height: Int) {
    let (product, overflow) = max(width, height).multipliedReportingOverflow(by: shortestEdge)
    guard shortestEdge > 0, !overflow else {
      throw ImageError.invalidRequest("the shortest edge cannot be \(shortestEdge) pixels")
    }
    let longer = product / min(width, height)
    return width <= height ? (shortestEdge, longer) : (longer, shortestEdge)
  }

  /// The picture at the size whose shorter side has the given length.
  ///
  /// - Throws: `ImageError` when the length is not positive or the result exceeds the limits.
  package func resized(
    shortestEdge: Int, filter: ResamplingFilter, limits: ImageLimits = ImageLimits()
  ) throws -> PixelImage {
    let (newWidth, newHeight) = try Self.size(width: width, height: height, shortestEdge: shortestEdge)
    return try resized(width: newWidth, height: newHeight, filter: filter, limits: limits)
  }

  /// The vertical pass, by a table whose first source row is this picture's row 0.
  func resampledVertically(by table: ResamplingWeights) -> PixelImage {
    let rowBytes = width * 3
    let newHeight = table.first.count
    let count = rowBytes * newHeight
    let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      pixels.withUnsafeBufferPointer { input in
        guard let input = input.baseAddress, let output = buffer.baseAddress else { return }
        table.applyToColumns(input, output: output, rowBytes: rowBytes)
      }
      initialized = count
    }
    return PixelImage(width: width, height: newHeight, checkedPixels: result)
  }
}
