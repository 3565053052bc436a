extension PixelImage {
  /// The picture turned and mirrored so that it stands upright.
  package func upright(from orientation: ExifOrientation) -> PixelImage {
    if orientation == .up { return self }
    let lastColumn = width - 1
    let lastRow = (height - 1) * width
    // The stored pixel of the result's first corner, and the steps to its right-hand and lower neighbours.
    let (start, right, down) =
      switch orientation {
      case .up: (0, 1, width)
      case .upMirrored: (lastColumn, -1, width)
      case .down: (lastRow + lastColumn, -1, -width)
      case .downMirrored: (lastRow, 1, -width)
      case .leftMirrored: (0, width, 1)
      case .right: (lastRow, -width, 1)
      case .rightMirrored: (lastRow + lastColumn, -width, -1)
      case .left: (lastColumn, width, -1)
      }
    let swapsSides =
      abs(right) != 1 || (width == 1 && orientation.rawValue >= ExifOrientation.leftMirrored.rawValue)
    let newWidth = swapsSides ? height : width
    let newHeight = swapsSides ? width : height
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { result, initialized in
      pixels.withUnsafeBufferPointer { stored in
        var write = 0
        for row in 0..<newHeight {
          var read = (start + row * down) * 3
          for _ in 0..<newWidth {
            result[write] = stored[read]
            result[write + 1] = stored[read + 1]
            result[write + 2] = stored[read + 2]
            write += 3
            read += right * 3
          }
        }
      }
      initialized = pixels.count
    }
    return PixelImage(width: newWidth, height: newHeight, checkedPixels: turned)
  }
}
