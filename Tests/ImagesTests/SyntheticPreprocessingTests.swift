import Foundation
import StrictJSON
import Tensors
import Testing

@testable import Images

/// Pictures of odd shapes, which are computed, against what transformers' slow processors made of them, to the byte.
@Suite struct SyntheticPreprocessingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let settings: JSONObject
    let recorded: JSONObject

    var testDescription: String {
      "\(name), \(recorded["kind"]?.string ?? "") \(recorded["height"]?.int ?? 0) × \(recorded["width"]?.int ?? 0)"
    }
  }

  static let cases: [Case] = (try? read()) ?? []

  private static func read() throws -> [Case] {
    let file = Fixtures.folder.appendingPathComponent("preprocess/synthetic_5.24.json")
    return try JSONObject.read(contentsOf: file).flatMap { name, value -> [Case] in
      let object = value.object ?? JSONObject()
      let settings = try object.object("processor")
      return try object.objects("cases").map { Case(name: name, settings: settings, recorded: $0) }
    }
  }

  private static func picture(_ kind: String, height: Int, width: Int) throws -> PixelImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * height * width)
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let value =
            switch kind {
            case "slope": x * 7 + y * 13 + c * 31
            case "squares": (x / 5 + y / 3 + c) % 2 * 255
            default: (x * 73_856_093 ^ y * 19_349_663 ^ c * 83_492_791) >> 7
            }
          pixels.append(UInt8(value % 256))
        }
      }
    }
    return try PixelImage(width: width, height: height, pixels: pixels)
  }

  @Test(arguments: cases) func theBytesAreTheOriginals(_ test: Case) throws {
    let recorded = test.recorded
    let picture = try Self.picture(
      recorded.string("kind"), height: recorded.int("height"), width: recorded.int("width"))
    let processor = try PreprocessorSettings(test.settings).processor()
    if try recorded.optionalBool("refused") == true {
      #expect(throws: ImageError.self) { try processor.process(picture) }
      return
    }
    let input = try processor.process(picture)
    guard case (_, .floats(let pixels))? = processor.originals(of: input).first else {
      Issue.record("there are no pixels")
      return
    }
    #expect(try Array(pixels.shape) == recorded.ints("shape"))
    let levels = pixels.floats().map { UInt8(((Double($0) * 0.5 + 0.5) * 255).rounded()) }
    let hashes = try [recorded.string("sha256"), recorded.optionalString("rows_first")]
    #expect(hashes.contains(sha256(levels)))
    if let views = try recorded.optionalInts("views") {
      #expect(input.viewGrids?.flatMap { [$0.height, $0.width] } == views)
    }
    guard let grid = try recorded.optionalInts("grid") else { return }
    #expect(input.grid == ImageInput.Size(height: grid[1], width: grid[2]))
  }

  @Test func allProcessorsAndPicturesAreCovered() { #expect(Self.cases.count == 3 * 36 + 30) }
}
