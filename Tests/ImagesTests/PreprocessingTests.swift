import Checkpoints
import Foundation
import Testing

@testable import Images

@Suite struct PreprocessingTests {
  @Test(arguments: RecordedPreprocessing.all)
  func theIntegerPixelsAreTheOriginals(_ expected: RecordedPreprocessing) throws {
    let image = try ImageLoader.load(path: Fixtures.path("preprocess/inputs/\(expected.input).png"))
    let result = try expected.processor.pixelValues(image)
    let plane = result.width * result.height
    let bytes = result.values.indices.map { index in
      let channel = index / plane
      let mean = expected.processor.mean[channel]
      let deviation = expected.processor.standardDeviation[channel]
      return UInt8(((Double(result.values[index]) * deviation + mean) * 255).rounded())
    }
    #expect(result.values.count == 3 * plane)
    #expect(sha256(bytes) == expected.bytesHash)
  }

  @Test(
    arguments: RecordedPreprocessing.all.filter {
      $0.configuration.hasPrefix("llava15") && $0.input != "n1_1x1"
    })
  func theFloatsAreTheOriginals(_ expected: RecordedPreprocessing) throws {
    let image = try ImageLoader.load(path: Fixtures.path("preprocess/inputs/\(expected.input).png"))
    let result = try expected.processor.pixelValues(image)
    let file = Fixtures.path("preprocess/\(expected.configuration).safetensors")
    let reference = try SafetensorsFile(URL(fileURLWithPath: file)).floats("\(expected.input)/pixel_values")
    var sampled: [Float] = []
    for channel in 0..<3 {
      for row in stride(from: 0, to: result.height, by: expected.stride) {
        for column in stride(from: 0, to: result.width, by: expected.stride) {
          sampled.append(result.values[(channel * result.height + row) * result.width + column])
        }
      }
    }
    #expect(sampled.count == reference.count)
    #expect(zip(sampled, reference).allSatisfy { abs($0 - $1) <= 1e-5 })
  }

  @Test func allConfigurationsAreCovered() {
    // Eight configurations of LLaVA and three of SigLIP, eight inputs; LLaVA-HR has no result for the 1×1
    // input.
    #expect(RecordedPreprocessing.all.count == 11 * 8 - 4)
  }

  /// Idefics3 without tiles: Lanczos twice.
  @Test(arguments: [
    ("photo_640x427", 84, 56, "ddb9dd28163d8e1e8351eee96b754309035835c266b117ed900c9f685c978cde"),
    ("portrait_427x640", 56, 84, "ffea8902273fc0e157fa177bf57185aca34fd7b79c3c2e64580ea63f8a413e9d"),
    ("square_336x336", 84, 84, "e96221dbe2742a77a7002b986656d5cfdaa7c40eb16332745c26de694a8739a5"),
  ])
  func lanczosGivesTheOriginalsPixels(_ input: String, width: Int, height: Int, hash: String) throws {
    let image = try ImageLoader.load(path: Fixtures.path("preprocess/inputs/\(input).png"))
    let tile = try image.resized(width: width, height: height, filter: .lanczos)
      .resized(width: 28, height: 28, filter: .lanczos)
    let planes = (0..<3).flatMap { channel in
      stride(from: channel, to: tile.pixels.count, by: 3).map { tile.pixels[$0] }
    }
    #expect(sha256(planes) == hash)
  }

  @Test func aSettingThatMakesNoSenseIsRefused() throws {
    let image = try PixelImage(width: 4, height: 3, fill: .black)
    let changes: [(inout CLIPImageProcessor) -> Void] = [
      { $0.size = .shortestEdge(0) }, { $0.size = .shortestEdge(.max) }, { $0.cropWidth = .min },
      { $0.cropHeight = .max }, { $0.mean = [0.5] }, { $0.standardDeviation = [1, 0, 1] },
      { $0.size = .exact(width: -1, height: 5) },
      {
        $0.mean = [.nan, 0, 0]
        $0.padsToSquare = true
      },
    ]
    for change in changes {
      var processor = CLIPImageProcessor()
      change(&processor)
      #expect(throws: ImageError.self) { try processor.pixelValues(image) }
    }
  }

  @Test func aCropLargerThanThePictureAddsBlack() throws {
    var processor = CLIPImageProcessor()
    processor.size = nil
    processor.cropWidth = 4
    processor.cropHeight = 1
    let white = try PixelImage(width: 1, height: 2, fill: RGBColor(red: 255, green: 255, blue: 255))
    let prepared = try processor.preparedPixels(white)
    #expect(prepared.pixels.map { $0 == 255 ? 1 : 0 } == [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0])
  }
}
