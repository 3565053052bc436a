import Files
import Foundation
import Testing

@testable import Images

@Suite struct PNGWritingTests {
  @Test(arguments: [(1, 1), (17, 23), (300, 2)])
  func whatIsWrittenIsReadBack(_ size: (width: Int, height: Int)) throws {
    let image = try ResizeTests.noise(width: size.width, height: size.height)
    let data = try image.pngData()
    #expect(try ImageLoader.decode(data, name: "written") == image)
    #expect(try image.pngData() == data)
  }

  @Test func aWrittenFileIsReadBack() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".png").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let image = try ResizeTests.noise(width: 3, height: 4)
    try image.writePNG(path: path)
    #expect(try ImageLoader.load(path: path) == image)
    #expect(throws: FileError.self) { try image.writePNG(path: path + "/inside.png") }
  }
}
