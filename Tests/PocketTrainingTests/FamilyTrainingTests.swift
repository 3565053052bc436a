import Foundation
import Loading
import MixtureOfDepths
import Models
import RunTesting
import StrictJSON
import Tensors
import Testing

/// Families whose pictures are no plain squares learn, too.
@Suite struct FamilyTrainingTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  /// A small Qwen2.5-VL, whose rows stand on three axes, with routed layers and its own preprocessor.
  private func model() throws -> URL {
    let url = tiny.output("qwen")
    let fixture = TinyRun.repository.appendingPathComponent("Tests/Fixtures/models/qwen2.5-vl/config.json")
    var json = try JSONObject.read(contentsOf: fixture)
    var text = try json.object("text_config")
    text["vocab_size"] = 640
    json["text_config"] = .object(text)
    json["image_token_id"] = 638
    var conversion = ModelConversion()
    conversion.choice = .listed([1, 2])
    let model = try conversion.apply(to: ModelRegistry.standard.random(json, seed: 3), report: nil)
    try ModelFolder.write(model, to: url, format: .plain(.float32), documents: FolderDocuments(tiny.folder))
    let processor =
      #"{"image_processor_type": "Qwen2VLImageProcessor", "patch_size": 4, "merge_size": 2, "temporal_patch_size": 2, "min_pixels": 64, "max_pixels": 2304}"#
    try Data(processor.utf8).write(to: url.appendingPathComponent("preprocessor_config.json"))
    return url
  }

  @Test func aRoutedModelOnThreeAxesLearns() throws {
    let run = try tiny.configuration(
      "run", stage: "instruct",
      ["model": .string(model().path), "trainable": ["projector", "decoder", "router"]])
    let losses = try tiny.losses(run)
    #expect(losses.count == 20)
    #expect(losses[15...].reduce(0, +) < 0.8 * losses[..<5].reduce(0, +), "\(losses)")
  }
}
