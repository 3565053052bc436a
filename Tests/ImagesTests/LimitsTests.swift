import Foundation
import Testing

@testable import Images

@Suite struct LimitsTests {
  let file = "images/good/png_rgb8_1500x200.png"

  @Test(arguments: [
    (ImageLimits(fileBytes: 100), "size in bytes"), (ImageLimits(pixels: 299_999), "number of pixels"),
    (ImageLimits(side: 1499), "longer side"),
  ])
  func aLimitIsNamedWhenItIsExceeded(_ limits: ImageLimits, quantity: String) throws {
    let error = #expect(throws: ImageError.self) {
      try ImageLoader.load(path: Fixtures.path(file), limits: limits)
    }
    #expect(error?.description.contains(quantity) == true)
  }

  @Test func aPictureAtItsLimitsIsRead() throws {
    let data = try Fixtures.data(file)
    let limits = ImageLimits(fileBytes: data.count, pixels: 300_000, side: 1500)
    #expect(try ImageLoader.decode(data, name: file, limits: limits).width == 1500)
  }

  @Test func bombsAreRefusedByTheirSize() throws {
    for name in ["png_bomb_20000x20000_1bit.png", "png_ztxt_bomb.png", "jpeg_header_65500x65500.jpg"] {
      let error = #expect(throws: ImageError.self) {
        try ImageLoader.load(path: Fixtures.path("images/bad/" + name))
      }
      guard case .tooLarge = error else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
    }
  }

  @Test(.enabled(if: FileManager.default.isReadableFile(atPath: "/dev/zero")))
  func anEndlessDeviceIsReadOnlyUpToTheLimit() {
    #expect(throws: ImageError.self) {
      try ImageLoader.load(path: "/dev/zero", limits: ImageLimits(fileBytes: 1 << 16))
    }
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: ImageError.self) { try ImageLoader.load(path: "/nowhere/picture.png") }
    #expect(error?.description.contains("/nowhere/picture.png") == true)
  }
}
