extension BMPFile {
  /// Pixels that the runs skip have index 0.
  func decodeRunLength() throws -> PixelImage {
    var indices = [UInt8](repeating: 0, count: width * height)
    var x = 0
    var y = 0
    func put(_ index: Int) {
      if x < width && y < height { indices[y * width + x] = UInt8(truncatingIfNeeded: index) }
      x += 1
    }
    /// One of the pixels in a byte of a run: the byte itself or, with 4 bits, its high half for even places.
    func pixel(_ byte: Int, place: Int) -> Int {
      compression == .runLength8 ? byte : place % 2 == 0 ? byte >> 4 : byte & 0xF
    }
    let pixelsPerByte = compression == .runLength8 ? 1 : 2

    var offset = pixelOffset
    while y < height {
      guard let count = file.byte(at: offset), let value = file.byte(at: offset + 1) else {
        throw damaged("it ends before its last pixel")
      }
      offset += 2
      switch (count, value) {
      case (0, 0):  // end of row
        x = 0
        y += 1
      case (0, 1):  // end of picture
        y = height
      case (0, 2):  // step to the right and on
        guard let right = file.byte(at: offset), let rows = file.byte(at: offset + 1) else {
          throw damaged("it ends before its last pixel")
        }
        x += right
        y += rows
        offset += 2
      case (0, _):  // pixels as they are, padded to an even number of bytes
        let size = (value + pixelsPerByte - 1) / pixelsPerByte
        guard let bytes = file.slice(at: offset, count: size) else {
          throw damaged("it ends before its last pixel")
        }
        for place in 0..<value {
          put(pixel(Int(bytes[offset + place / pixelsPerByte]), place: place))
        }
        offset += size + size % 2
      default:
        for place in 0..<count { put(pixel(value, place: place)) }
      }
    }

    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for row in 0..<height {
      let start = storedRow(row) * width
      for index in indices[start..<start + width] {
        let color = color(Int(index))
        pixels.append(color.red)
        pixels.append(color.green)
        pixels.append(color.blue)
      }
    }
    return try PixelImage(width: width, height: height, pixels: pixels)
  }
}
