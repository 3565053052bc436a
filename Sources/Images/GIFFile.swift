/// Decoding the first frame of a GIF file, on its canvas.
struct GIFFile {
  /// The canvas, enlarged where the first frame lies partly outside.
  let width: Int
  let height: Int
  private let frame: PixelWindow
  private let isInterlaced: Bool
  private let palette: [RGBColor]
  /// The colour index of the canvas around the frame.
  private let background: Int
  /// Where the frame's compressed data begins.
  private let dataOffset: Int
  private let file: ByteReader
  private let name: String

  init(_ file: ByteReader, name: String) throws {
    func incomplete() -> ImageError {
      .damaged(name: name, format: .gif, reason: "it ends before its first picture")
    }
    guard let screenWidth = file.littleEndian16(at: 6), let screenHeight = file.littleEndian16(at: 8),
      let screenFlags = file.byte(at: 10)
    else { throw incomplete() }
    var offset = 13
    // Without a palette, and beyond its end, an index stands for that level of grey.
    var palette = (0..<256).map { RGBColor(red: UInt8($0), green: UInt8($0), blue: UInt8($0)) }
    func readPalette(flags: Int) throws {
      guard flags & 0x80 != 0 else { return }
      let count = 2 << (flags & 7)
      guard let bytes = file.slice(at: offset, count: count * 3) else { throw incomplete() }
      for index in 0..<count {
        let place = offset + index * 3
        palette[index] = RGBColor(red: bytes[place], green: bytes[place + 1], blue: bytes[place + 2])
      }
      offset += count * 3
    }
    try readPalette(flags: screenFlags)

    var background = 0
    while let introducer = file.byte(at: offset), introducer != 0x2C {
      guard introducer == 0x21 else { throw incomplete() }
      // A graphic control extension with the transparency flag.
      if file.starts(with: [0xF9, 4], at: offset + 1), let flags = file.byte(at: offset + 3), flags & 1 != 0 {
        background = file.byte(at: offset + 6) ?? 0
      }
      offset += 2
      while let size = file.byte(at: offset), size != 0 { offset += 1 + size }
      offset += 1
    }
    guard let x = file.littleEndian16(at: offset + 1), let y = file.littleEndian16(at: offset + 3),
      let frameWidth = file.littleEndian16(at: offset + 5),
      let frameHeight = file.littleEndian16(at: offset + 7),
      let flags = file.byte(at: offset + 9)
    else { throw incomplete() }
    guard frameWidth > 0, frameHeight > 0 else {
      throw ImageError.damaged(name: name, format: .gif, reason: "its first picture has no pixels")
    }
    offset += 10
    try readPalette(flags: flags)
    width = max(screenWidth, x + frameWidth)
    height = max(screenHeight, y + frameHeight)
    frame = PixelWindow(x: x, y: y, width: frameWidth, height: frameHeight)
    isInterlaced = flags & 0x40 != 0
    self.palette = palette
    self.background = background
    dataOffset = offset
    self.file = file
    self.name = name
  }

  static func size(of file: ByteReader, name: String) throws -> (width: Int, height: Int) {
    let parsed = try Self(file, name: name)
    return (parsed.width, parsed.height)
  }

  func decode() throws -> PixelImage {
    let decompression = GIFDecompression(file, offset: dataOffset)
    guard let indices = decompression.pixels(count: frame.width * frame.height) else {
      throw ImageError.damaged(name: name, format: .gif, reason: "its pixel data is broken or incomplete")
    }
    var pixels = try PixelImage(width: width, height: height, fill: palette[background]).pixels
    for (place, row) in rowOrder().enumerated() {
      var write = ((frame.y + row) * width + frame.x) * 3
      for index in indices[place * frame.width..<(place + 1) * frame.width] {
        let color = palette[Int(index)]
        pixels[write] = color.red
        pixels[write + 1] = color.green
        pixels[write + 2] = color.blue
        write += 3
      }
    }
    return try PixelImage(width: width, height: height, pixels: pixels)
  }

  /// The rows in the order in which they are stored.
  private func rowOrder() -> [Int] {
    if !isInterlaced { return Array(0..<frame.height) }
    let passes = [(0, 8), (4, 8), (2, 4), (1, 2)]
    return passes.flatMap { first, step in Array(stride(from: first, to: frame.height, by: step)) }
  }
}
