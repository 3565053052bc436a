import Foundation
import StrictJSON
import Tensors
import Testing

@testable import Images

/// The sizes that families choose, from the reference's tables, and the configurations that are refused.
@Suite struct ProcessorSizeTests {
  private func rows(_ key: String) throws -> [[JSONValue]] {
    try (RecordedPreprocessing.table(key).object ?? JSONObject()).array("rows").compactMap(\.array)
  }

  @Test func qwensSizesAreTheOriginals() throws {
    let rows = try rows("smart_resize")
    #expect(rows.count == 154)
    for row in rows {
      let numbers = row.prefix(5).compactMap(\.int)
      var processor = QwenVLImageProcessor()
      processor.patchSize = numbers[2] / 2
      (processor.smallestArea, processor.largestArea) = (numbers[3], numbers[4])
      if let expected = row[5].array {
        let size = try processor.size(width: numbers[1], height: numbers[0])
        #expect([size.height, size.width] == expected.compactMap(\.int), "\(numbers)")
      } else {
        #expect(throws: ImageError.self, "\(numbers)") {
          try processor.size(width: numbers[1], height: numbers[0])
        }
      }
    }
  }

  @Test func oneVisionsSizesAreTheOriginals() throws {
    let rows = try rows("onevision_best_resolution")
    #expect(rows.count == 100)
    let sides = (1...6).map { $0 * 384 }
    let sizes = TileSizes(
      sides.flatMap { height in sides.map { ImageInput.Size(height: height, width: $0) } })
    for row in rows {
      let sides = row.prefix(2).compactMap(\.int)
      let size = try sizes.best(for: .init(height: sides[0], width: sides[1]))
      #expect([size.height, size.width] == row[2].array?.compactMap(\.int), "\(sides)")
    }
  }

  @Test func idefics3sSizesAreTheOriginals() throws {
    let rows = try RecordedPreprocessing.table("idefics3_sizes").array ?? []
    #expect(rows.count == 100)
    for row in rows {
      let row = try #require(row.object)
      var processor = Idefics3ImageProcessor()
      processor.longestEdge = try row.int("longest_edge")
      processor.tileSide = try row.int("tile")
      let (width, height) = (try row.int("w"), try row.int("h"))
      let first = try processor.firstSize(width: width, height: height)
      #expect(try [first.height, first.width] == row.ints("first_resize"), "\(width)×\(height)")
      let second = try processor.secondSize(width: width, height: height)
      #expect(try [second.height, second.width] == row.ints("second_resize"), "\(width)×\(height)")
      #expect(try second.height / processor.tileSide == row.int("rows") || row.int("rows") == 0)
      #expect(try second.width / processor.tileSide == row.int("cols") || row.int("cols") == 0)
    }
  }

  @Test func theFastTowersSideFollowsTheLargerPicture() {
    #expect([1024, 768, 384, 64].map { LLaVAHRImageProcessor.fastSide(for: $0) } == [448, 336, 336, 28])
  }

  @Test(arguments: [
    (#"{"image_processor_type": "FuyuImageProcessor"}"#, "{}", "Fuyu"),
    (#"{"size": "large"}"#, "{}", "size"), (#"{"resample": 0}"#, "{}", "resample"),
    (#"{"size": {"longest_edge": 3}}"#, "{}", "size"), (#"{"image_std": [1, 0, 1]}"#, "{}", "image_std"),
    (#"{"size": 336}"#, #"{"image_aspect_ratio": "anyres"}"#, "anyres"),
    (#"{"do_center_crop": false}"#, #"{"image_size_aux": 768}"#, "crop_size"),
    (#"{"image_processor_type": "LlavaOnevisionImageProcessor"}"#, "{}", "image_grid_pinpoints"),
    (#"{"image_processor_type": "Qwen2VLImageProcessor", "do_resize": false}"#, "{}", "do_resize"),
    (
      #"{"image_processor_type": "SmolVLMImageProcessor", "size": {"height": 1, "width": 1}}"#, "{}",
      "longest"
    ),
  ])
  func whatIsNotSupportedIsNamed(preprocessor: String, model: String, name: String) throws {
    let objects = try [preprocessor, model].map { try JSONValue(parsing: $0.utf8).object ?? JSONObject() }
    let error = #expect(throws: JSONError.self) {
      try PreprocessorSettings(objects[0], model: objects[1]).processor()
    }
    #expect(error?.description.contains(name) == true)
  }

  /// Settings from outside may be anything; they end in an error before anything large is made.
  @Test func settingsWithoutSenseAreRefused() throws {
    let image = try PixelImage(width: 40, height: 30, fill: .black)
    var processors: [any ImageProcessor] = []
    for (key, value) in [
      ("patch_size", 0), ("merge_size", -1), ("min_pixels", -5), ("temporal_patch_size", 1 << 40),
    ]
      + [("patch_size", Int.max), ("min_pixels", Int.max), ("max_pixels", 1)]
    {
      let object = JSONObject([("image_processor_type", "Qwen2VLImageProcessor"), (key, JSONValue(value))])
      processors.append(try PreprocessorSettings(object).processor())
    }
    for (tile, edge) in [(0, 9), (-4, 9), (9, 0), (1 << 40, 9), (9, Int.max), (1, 4096)] {
      var processor = Idefics3ImageProcessor()
      (processor.tileSide, processor.longestEdge) = (tile, edge)
      processor.limits.side = 2048
      processors.append(processor)
    }
    for (grid, side) in [(0, 8), (Int.max, 8), (2, -8), (1 << 20, 1 << 20)] {
      var processor = MGMImageProcessor(large: CLIPImageProcessor(), side: side)
      processor.grid = grid
      processors.append(processor)
    }
    for size in [(0, 384), (100, 100), (Int.max, Int.max), (384 << 20, 384)] {
      processors.append(LLaVAOneVisionImageProcessor(sizes: [.init(height: size.1, width: size.0)]))
    }
    for processor in processors {
      #expect(throws: ImageError.self, "\(processor)") { try processor.process(image) }
    }
  }

  /// A line of pixels fits no family's shape, and costs no more than another picture.
  @Test(arguments: [(16_384, 1), (1, 16_384)])
  func extremeShapesAreCheap(width: Int, height: Int) throws {
    let line = try PixelImage(width: width, height: height, fill: .black)
    var hr = CLIPImageProcessor()
    hr.padsToSquare = true
    let processors: [any ImageProcessor] = [
      CLIPImageProcessor.siglip(side: 384), LLaVAHRImageProcessor(slow: hr),
      MGMImageProcessor(large: hr, side: 28), Idefics3ImageProcessor(),
      LLaVAOneVisionImageProcessor(sizes: [.init(height: 768, width: 384), .init(height: 384, width: 768)]),
    ]
    let start = ContinuousClock.now
    for processor in processors { #expect(try processor.process(line).pixels.count > 0) }
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(throws: ImageError.self) { try QwenVLImageProcessor().process(line) }
  }

  @Test func aFolderSaysWhichProcessorItNeeds() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ text: String, _ name: String) throws {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    func processor(_ model: String = "{}", side: Int? = nil) throws -> any ImageProcessor {
      let model = try JSONValue(parsing: model.utf8).object ?? JSONObject()
      return try PreprocessorSettings(FolderDocuments(folder), model: model, side: side).processor()
    }
    #expect(throws: ImageError.noSettings(folder: folder.path)) { try processor() }
    #expect((try processor(side: 56) as? CLIPImageProcessor)?.cropWidth == 56)
    try write(
      #"{"image_processor": {"image_processor_type": "SmolVLMImageProcessorFast"}}"#, "processor_config.json")
    #expect(try processor(side: 56) is Idefics3ImageProcessor)
    try write(#"{"size": {"shortest_edge": 336}, "crop_size": 336}"#, "preprocessor_config.json")
    let wide = try #require(
      processor(#"{"is_multipath_encoder": true, "input_image_size": 1024, "image_aspect_ratio": "pad"}"#)
        as? LLaVAHRImageProcessor)
    #expect(wide.slow.cropHeight == 1024 && wide.slow.padsToSquare)
  }
}
