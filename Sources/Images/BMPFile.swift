/// Decoding Windows bitmaps: 1 to 32 bits, palettes, bit fields, run-length coding, either row order.
struct BMPFile {
  enum Compression: Int {
    case none = 0
    case runLength8 = 1
    case runLength4 = 2
    case bitFields = 3
  }

  let width: Int
  let height: Int
  let isTopDown: Bool
  let bitsPerPixel: Int
  let compression: Compression
  /// Red, green and blue of 16- and 32-bit pixels.
  let masks: [Int]
  let palette: [RGBColor]
  let pixelOffset: Int
  let file: ByteReader
  let name: String

  init(_ file: ByteReader, name: String) throws {
    func damaged(_ reason: String) -> ImageError { .damaged(name: name, format: .bmp, reason: reason) }
    guard let pixelOffset = file.littleEndian32(at: 10), let headerSize = file.littleEndian32(at: 14) else {
      throw damaged("the header is incomplete")
    }
    let isOld = headerSize == 12
    guard isOld || (40...124).contains(headerSize) else {
      throw ImageError.unsupported(name: name, reason: "the size of its BMP header is \(headerSize)")
    }
    guard file.slice(at: 14, count: headerSize) != nil,
      let storedWidth = isOld ? file.littleEndian16(at: 18) : file.littleEndian32(at: 18),
      let storedHeight = isOld ? file.littleEndian16(at: 20) : file.littleEndian32(at: 22),
      let bits = file.littleEndian16(at: isOld ? 24 : 28)
    else { throw damaged("the header is incomplete") }
    // Both are signed 32-bit numbers; a negative height means that the first row is the top one.
    let signedHeight = isOld ? storedHeight : Int(Int32(truncatingIfNeeded: storedHeight))
    width = isOld ? storedWidth : Int(Int32(truncatingIfNeeded: storedWidth))
    height = abs(signedHeight)
    isTopDown = signedHeight < 0
    bitsPerPixel = bits

    let code = isOld ? 0 : file.littleEndian32(at: 30) ?? 0
    guard let compression = Compression(rawValue: code),
      Self.bitsPerPixel(of: compression).contains(bits)
    else {
      throw ImageError.unsupported(name: name, reason: "it has \(bits) bits a pixel in compression \(code)")
    }
    self.compression = compression
    var tables = 14 + headerSize
    if compression == .bitFields {
      // The masks follow a header of 40 bytes and lie in a longer one, at the same place.
      let masks = (0..<3).compactMap { file.littleEndian32(at: 54 + 4 * $0) }
      guard masks.count == 3, masks.allSatisfy({ $0 != 0 }) else { throw damaged("a colour mask is missing") }
      self.masks = masks
      if headerSize == 40 { tables += 12 }
    } else {
      masks = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF_0000, 0xFF00, 0xFF]
    }
    let stored = isOld ? 0 : file.littleEndian32(at: 46) ?? 0
    let colors = bits > 8 ? 0 : stored == 0 ? 1 << bits : min(stored, 1 << bits)
    let entrySize = isOld ? 3 : 4
    guard let entries = file.slice(at: tables, count: colors * entrySize) else {
      throw damaged("the palette is incomplete")
    }
    palette = stride(from: entries.startIndex, to: entries.endIndex, by: entrySize).map {
      RGBColor(red: entries[$0 + 2], green: entries[$0 + 1], blue: entries[$0])
    }
    self.pixelOffset = pixelOffset
    self.file = file
    self.name = name
  }

  static func size(of file: ByteReader, name: String) throws -> (width: Int, height: Int) {
    let parsed = try Self(file, name: name)
    return (parsed.width, parsed.height)
  }

  func decode() throws -> PixelImage {
    switch compression {
    case .none, .bitFields: try decodeRows()
    case .runLength8, .runLength4: try decodeRunLength()
    }
  }

  func damaged(_ reason: String) -> ImageError { .damaged(name: name, format: .bmp, reason: reason) }

  /// The place in the file's row order of a row counted from the top.
  func storedRow(_ row: Int) -> Int { isTopDown ? row : height - 1 - row }

  /// The colour of a palette index; indices beyond the palette are black.
  func color(_ index: Int) -> RGBColor { index < palette.count ? palette[index] : .black }

  private static func bitsPerPixel(of compression: Compression) -> [Int] {
    switch compression {
    case .none: [1, 4, 8, 16, 24, 32]
    case .runLength8: [8]
    case .runLength4: [4]
    case .bitFields: [16, 32]
    }
  }

  private func decodeRows() throws -> PixelImage {
    let rowBytes = (width * bitsPerPixel + 31) / 32 * 4
    let (allButLast, overflow) = rowBytes.multipliedReportingOverflow(by: height - 1)
    // The padding of the last row may be missing.
    guard !overflow, allButLast <= file.count,
      file.slice(at: pixelOffset, count: allButLast + (width * bitsPerPixel + 7) / 8) != nil
    else {
      throw damaged("it ends before its last pixel")
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for row in 0..<height {
      let start = pixelOffset + storedRow(row) * rowBytes
      for column in 0..<width {
        let color = color(column: column, rowStart: start)
        pixels.append(color.red)
        pixels.append(color.green)
        pixels.append(color.blue)
      }
    }
    return try PixelImage(width: width, height: height, pixels: pixels)
  }

  private func color(column: Int, rowStart: Int) -> RGBColor {
    let bytes = file.bytes
    switch bitsPerPixel {
    case 1, 4, 8:
      let bit = column * bitsPerPixel
      let shift = 8 - bitsPerPixel - bit % 8
      return color(Int(bytes[rowStart + bit / 8]) >> shift & ((1 << bitsPerPixel) - 1))
    case 24:
      let place = rowStart + column * 3
      return RGBColor(red: bytes[place + 2], green: bytes[place + 1], blue: bytes[place])
    default:
      let size = bitsPerPixel / 8
      let pixel = (0..<size).reduce(0) { $0 | Int(bytes[rowStart + column * size + $1]) << (8 * $1) }
      return RGBColor(
        red: Self.sample(of: pixel, mask: masks[0]), green: Self.sample(of: pixel, mask: masks[1]),
        blue: Self.sample(of: pixel, mask: masks[2]))
    }
  }

  /// The bits of a mask, stretched to 0…255 and rounded down.
  private static func sample(of pixel: Int, mask: Int) -> UInt8 {
    let shift = mask.trailingZeroBitCount
    return UInt8(truncatingIfNeeded: ((pixel & mask) >> shift) * 255 / (mask >> shift))
  }
}
