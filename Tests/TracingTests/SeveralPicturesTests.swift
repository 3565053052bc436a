import Checkpoints
import Foundation
import Images
import Loading
import Models
import Tensors
import Testing

@testable import Answering
@testable import Tracing

/// A trace holds what the tower and the projector make of every picture of a prompt.
@Suite final class SeveralPicturesTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func trace(_ model: VisionLanguageModel, ids: [Int], pixels: Tensor) throws -> SafetensorsFile {
    let (inputs, outputs) = (folder.appendingPathComponent("in"), folder.appendingPathComponent("out"))
    var writer = SafetensorsWriter()
    try writer.add("input_ids", int64s: ids.map { Int64($0) }, shape: [1, ids.count])
    try writer.add("pixel_values", pixels)
    try writer.write(to: inputs)
    var trace = ModelTrace(model, backend: Backend(), measuresRank: false)
    try trace.run(
      TraceInputs(contentsOf: inputs, model: model), newTokens: 0, batched: false, outputs: outputs)
    return try SafetensorsFile(outputs)
  }

  @Test func featuresAndRowsOfAllPicturesAreWritten() throws {
    let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/llava-1.5-hf").standardized
    let model = try GammaModel.load(place)
    let encoder = try #require(model.images)
    let image = [Int](
      repeating: try #require(model.imageTokenID), count: encoder.tokenCount(of: encoder.blank))
    let shape = Array(encoder.blank.pixels.shape)
    let pictures = (0..<2).map { seed in
      var numbers = NormalNumbers(seed: UInt64(seed))
      return (0..<shape.reduce(1, *)).map { _ in numbers.next() }
    }
    let both = try trace(
      model, ids: [1] + image + [5, 6] + image + [7],
      pixels: Tensor(pictures.flatMap { $0 }, shape: [2] + shape.dropFirst()))
    for name in ["vision.features", "projector.output"] {
      #expect(try both.entry(name).shape.first == 2)
      let parts = try pictures.map {
        try trace(model, ids: [1] + image + [7], pixels: Tensor($0, shape: shape)).floats(name)
      }
      #expect(try both.floats(name) == parts[0] + parts[1], "\(name)")
    }
  }
}
