import Tensors
import Testing

@testable import Images

@Suite struct ResizeTests {
  /// A picture of reproducible noise.
  static func noise(width: Int, height: Int) throws -> PixelImage {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    let pixels = (0..<3 * width * height).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    return try PixelImage(width: width, height: height, pixels: pixels)
  }

  @Test(arguments: ResamplingFilter.pillow, [(37, 23), (23, 37), (5, 64), (64, 5), (31, 47), (1, 1)])
  func aWindowIsACropOfTheWhole(_ filter: ResamplingFilter, size: (width: Int, height: Int)) throws {
    let image = try Self.noise(width: 31, height: 23)
    let whole = try image.resized(width: size.width, height: size.height, filter: filter)
    let window = PixelWindow(
      x: size.width / 3, y: size.height / 4, width: (size.width + 1) / 2, height: (size.height + 1) / 2)
    let part = try PixelCanvas(image).resized(
      width: size.width, height: size.height, filter: filter, window: window, limits: ImageLimits())
    #expect(try part == whole.cropped(to: window))
  }

  @Test(arguments: [(31, 7), (7, 31), (1, 20), (12, 12)])
  func paddingThatIsNotDrawnEqualsPaddingThatIs(_ size: (width: Int, height: Int)) throws {
    let image = try Self.noise(width: size.width, height: size.height)
    let fill = RGBColor(red: 122, green: 116, blue: 104)
    let drawn = try image.expandedToSquare(fill: fill)
    for side in [5, 20, 31, 50] {
      let window = PixelWindow(x: 0, y: 0, width: side, height: side)
      let direct = try PixelCanvas(squareAround: image, fill: fill).resized(
        width: side, height: side, filter: .bicubic, window: window, limits: ImageLimits())
      #expect(try direct == drawn.resized(width: side, height: side, filter: .bicubic))
    }
  }

  @Test func theSameSizeChangesNothing() throws {
    let image = try Self.noise(width: 9, height: 4)
    #expect(try image.resized(width: 9, height: 4, filter: .lanczos) == image)
  }

  @Test func turningTwiceIsUndone() throws {
    let image = try Self.noise(width: 5, height: 3)
    for orientation in ExifOrientation.allCases {
      let undo: ExifOrientation =
        switch orientation {
        case .right: .left
        case .left: .right
        default: orientation
        }
      #expect(image.upright(from: orientation).upright(from: undo) == image)
    }
    let column = try Self.noise(width: 1, height: 3)
    #expect(column.upright(from: .right).width == 3)
  }

  @Test func anExtremeShapeCostsOnlyItsCrop() throws {
    var processor = CLIPImageProcessor()
    let line = try Self.noise(width: 16_384, height: 1)
    let column = try Self.noise(width: 1, height: 16_384)
    let start = ContinuousClock.now
    for (image, pads) in [(line, false), (line, true), (column, false), (column, true)] {
      processor.padsToSquare = pads
      #expect(try processor.samples(image).count == 3 * 336 * 336)
    }
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(throws: ImageError.self) { try line.resized(shortestEdge: 336, filter: .bicubic) }
  }

  @Test func requestsWithoutSenseAreRefused() throws {
    let image = try Self.noise(width: 3, height: 3)
    for (width, height) in [(0, 3), (3, -1), (Int.max, Int.max), (Int.min, 1)] {
      #expect(throws: ImageError.self) { try image.resized(width: width, height: height, filter: .bilinear) }
      #expect(throws: ImageError.self) { try PixelImage(width: width, height: height, pixels: []) }
    }
    #expect(throws: ImageError.self) {
      try image.cropped(to: PixelWindow(x: .max, y: 0, width: 1, height: 1))
    }
    #expect(throws: ImageError.self) { try PixelImage(width: 2, height: 2, pixels: [1, 2, 3]) }
  }
}
