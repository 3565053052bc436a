import Foundation
import Testing

@testable import Images

/// Damage of every kind ends in a picture or in an `ImageError`, never in a trap.
@Suite struct DamageTests {
  static let files = [
    "png_palette4_trns.png", "png_rgba8_interlaced_5x3.png", "jpeg_exif_orientation_6.jpg",
    "jpeg_17x23_opt.jpg",
    "jpeg_progressive_444_123x77.jpg", "webp_lossy_alpha.webp", "webp_lossless_palette.webp",
    "webp_animated_first_frame.webp", "gif_first_frame_of_3.gif", "gif_transparent.gif", "bmp_rle8.bmp",
    "bmp_1.bmp",
  ]

  @Test(arguments: files)
  func aFileCutAnywhereDoesNotTrap(_ file: String) throws {
    let data = try Fixtures.data("images/good/" + file)
    for length in stride(from: 0, to: data.count, by: max(1, data.count / 400)) {
      try expectPictureOrImageError(data.prefix(length), name: file)
    }
  }

  @Test(arguments: files)
  func changedBytesDoNotTrap(_ file: String) throws {
    let data = try Fixtures.data("images/good/" + file)
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<400 {
      var damaged = data
      for _ in 0...next(3) {
        damaged[next(next(2) == 0 ? min(100, data.count) : data.count)] = UInt8(next(256))
      }
      try expectPictureOrImageError(damaged, name: file)
    }
  }

  private func expectPictureOrImageError(_ data: Data, name: String) throws {
    do {
      let image = try ImageLoader.decode(data, name: name, limits: ImageLimits(pixels: 1 << 22))
      #expect(image.pixels.count == 3 * image.width * image.height)
    } catch is ImageError {
    }
  }
}
