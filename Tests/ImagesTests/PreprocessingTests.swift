import Checkpoints
import Comparing
import Foundation
import StrictJSON
import Tensors
import Testing

@testable import Images

@Suite struct PreprocessingTests {
  @Test(arguments: RecordedPreprocessing.all)
  func theNumbersAreTheOriginals(_ expected: RecordedPreprocessing) throws {
    let given = try expected.originals()
    #expect(Set(expected.result.keys).isSubset(of: given.map(\.name)))
    for (name, values) in given {
      guard let value = expected.result[name] else { continue }
      switch values {
      case .floats(let tensor):
        let recorded = try expected.result.object(name)
        if let shape = try recorded.optionalInts("shape") {
          // What stands in for the original is a batch.
          #expect(
            shape == tensor.shape || expected.input == "n1_1x1" && shape == [1] + tensor.shape, "\(name)")
        }
        if let hash = try recorded.optionalString("u8_sha256") {
          let newer = try recorded.optionalObject("pillow13")?.optionalString("u8_sha256")
          #expect([hash, newer].contains(sha256(try expected.bytes(of: tensor))), "\(name)")
        }
      case .integers(let numbers, let shape):
        if let recorded = value.object {
          #expect(try recorded.ints("shape") == shape && recorded.int("sum") == numbers.reduce(0, +))
        } else {
          #expect(Self.flat(value) == numbers, "\(name)")
        }
      }
    }
  }

  /// The numbers of nested lists.
  private static func flat(_ value: JSONValue) -> [Int] {
    value.int.map { [$0] } ?? (value.array ?? []).flatMap(flat)
  }

  @Test(
    arguments: RecordedPreprocessing.all.filter {
      $0.input != "n1_1x1" || !($0.configuration.hasPrefix("llava15"))
    }.filter {
      FileManager.default.fileExists(atPath: Fixtures.path("preprocess/\($0.configuration).safetensors"))
    })
  func theFloatsAreTheOriginals(_ expected: RecordedPreprocessing) throws {
    let file = Fixtures.path("preprocess/\(expected.configuration).safetensors")
    let reference = try SafetensorsFile(URL(fileURLWithPath: file))
    for case (let name, .floats(let tensor)) in try expected.originals() where expected.result[name] != nil {
      let recorded = try reference.floats("\(expected.input)/\(name)")
      #expect(worstDifference(expected.sampled(tensor), recorded) <= 1e-5, "\(name)")
    }
  }

  @Test func allConfigurationsAreCovered() {
    // 26 configurations and eight inputs; LLaVA-HR and MGM have no result for the 1×1 input.
    #expect(RecordedPreprocessing.all.count == 26 * 8 - 8)
  }

  @Test func aSettingThatMakesNoSenseIsRefused() throws {
    let image = try PixelImage(width: 4, height: 3, fill: .black)
    let changes: [(inout CLIPImageProcessor) -> Void] = [
      { $0.size = .shortestEdge(0) }, { $0.size = .shortestEdge(.max) }, { $0.cropWidth = .min },
      { $0.cropHeight = .max }, { $0.normalization.mean = [0.5] },
      { $0.normalization.standardDeviation = [1, 0, 1] },
      { $0.size = .exact(width: -1, height: 5) },
      {
        $0.normalization.mean = [.nan, 0, 0]
        $0.padsToSquare = true
      },
    ]
    for change in changes {
      var processor = CLIPImageProcessor()
      change(&processor)
      #expect(throws: ImageError.self) { try processor.samples(image) }
    }
  }

  @Test func aCropLargerThanThePictureAddsBlack() throws {
    var processor = CLIPImageProcessor()
    processor.size = nil
    processor.cropWidth = 4
    processor.cropHeight = 1
    let white = try PixelImage(width: 1, height: 2, fill: RGBColor(red: 255, green: 255, blue: 255))
    let prepared = try processor.visiblePixels(white)
    #expect(prepared.pixels.map { $0 == 255 ? 1 : 0 } == [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0])
  }
}
