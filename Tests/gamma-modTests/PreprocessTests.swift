import Checkpoints
import Comparing
import Foundation
import StrictJSON
import Testing

/// `preprocess` against the original processors' numbers and Pillow's pixels.
@Suite struct PreprocessTests {
  /// Configurations whose numbers are recorded, by the file that describes them.
  private static let configurations = ["official_4.31", "hf_5.23"].flatMap { file -> [(String, String)] in
    let json = try? JSONObject.read(contentsOf: URL(filePath: Fixtures.path("preprocess/\(file).json")))
    return ((try? json?.object("configs")) ?? JSONObject()).keys.filter {
      FileManager.default.fileExists(atPath: Fixtures.path("preprocess/\($0).safetensors"))
    }.map { (file, $0) }
  }

  /// Every how many rows and columns of the last two axes are recorded.
  private static func steps(_ value: JSONValue?) -> (rows: Int, columns: Int) {
    if let both = value?.int { return (both, both) }
    return value?.string == nil ? (1, 1) : (37, 21)
  }

  @Test(arguments: configurations)
  func tensorsAreTheOriginals(file: String, name: String) throws {
    let url = URL(filePath: Fixtures.path("preprocess/\(file).json"))
    let configuration = try JSONObject.read(contentsOf: url).object("configs").object(name)
    let reference = try SafetensorsFile(URL(filePath: Fixtures.path("preprocess/\(name).safetensors")))
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (config, outputs) = (folder.appending(path: "c.json"), folder.appending(path: "out.safetensors"))
    try Data(JSONValue.object(configuration).text().utf8).write(to: config)
    let steps = Self.steps(configuration["stride"])
    for input in ["photo_640x427", "tall_3x500"] {
      let recorded = reference.names.filter { $0.hasPrefix("\(input)/") }
      if recorded.isEmpty { continue }
      let run = try CommandProcess([
        "preprocess", "--config", config.path, "--image", Fixtures.path("preprocess/inputs/\(input).png"),
        "--outputs", outputs.path, "--overwrite",
      ])
      #expect(run.code == 0 && run.output.isEmpty && run.errors.isEmpty, "\(run.errors)")
      let given = try SafetensorsFile(outputs)
      for key in recorded {
        let tensor = String(key.dropFirst(input.count + 1))
        let shape = try given.entry(tensor).shape
        let expected = try reference.entry(key).shape
        #expect(shape.dropLast(2) == expected.dropLast(2), "\(key)")
        let values = try given.floats(tensor)
        let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
        let sampled = (0..<values.count / (height * width)).flatMap { plane in
          stride(from: 0, to: height, by: steps.rows).flatMap { row in
            stride(from: 0, to: width, by: steps.columns).map { values[(plane * height + row) * width + $0] }
          }
        }
        let numbers = try reference.floats(key)
        #expect(worstDifference(sampled, numbers) <= 1e-5, "\(key)")
      }
      // What is no tensor of floats stands in the description.
      let results = try configuration.object("cases").object(input)
      if let grid = results["image_grid_thw"] {
        #expect(try grid == [JSONValue(given.int64s("image_grid_thw").map { Int($0) })])
      }
    }
  }

  @Test func pixelsArePillows() throws {
    let all = try JSONObject.read(contentsOf: URL(filePath: Fixtures.path("images/expected.json")))
      .objects("good")
    var turned = 0
    for image in all where try image["exif_transposed"] != nil || image.string("file").hasSuffix("bmp_24.bmp")
    {
      let upright = try image.optionalObject("exif_transposed") ?? image
      for (exif, expected) in [("on", upright), ("off", image)] {
        let run = try CommandProcess(
          ["preprocess", "--rgb", "--exif", exif, "--image", Fixtures.path("images/\(image.string("file"))")])
        let result = try #require(JSONValue(parsing: run.output.utf8).object)
        for key in ["width", "height", "rgb_sha256"] {
          #expect(result[key] == expected[key], "\(run.output)")
        }
        #expect(result.count == 3 && run.code == 0)
        turned += 1
      }
    }
    #expect(turned > 8)
  }
}
