import Checkpoints
import Foundation
import RunTesting
import StrictJSON
import Tensors
import Testing
import Training

@Suite struct LossCurveTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func configuration(_ curve: String, _ changes: [String: JSONValue] = [:]) throws
    -> TrainingRun
  {
    switch curve {
    case "symbols":
      try tiny.configuration("run", stage: "symbols", ["image_rows": [16, 144]].merging(changes) { $1 })
    case "patches": try tiny.configuration("run", stage: "patches", changes)
    case "instruct": try tiny.configuration("run", stage: "instruct", changes)
    default:
      try tiny.configuration(
        "run", stage: "instruct", ["model": .string(tiny.routedModel().path)].merging(changes) { $1 })
    }
  }

  /// `curves.json` holds the losses of every step, and what they were computed with; there they must come out again. A
  /// change of the world's questions, the tokenizer or the starting weights changes them on purpose: the message of a
  /// failure is then what to record.
  @Test(arguments: ["symbols", "patches", "instruct", "instruct-routed"])
  func lossesAreThoseRecorded(_ curve: String) throws {
    let golden = try JSONObject.read(
      contentsOf: TinyRun.repository.appendingPathComponent("Tests/Fixtures/training/curves.json"))
    let isSameMachine = try golden.string("computed_with") == Backend().summary
    let tolerance = isSameMachine ? 1e-5 : 1e-3
    let expected = try golden.optionalDoubles(curve) ?? []
    let losses = try tiny.losses(configuration(curve))
    try #require(losses.count == 20)
    let isNear =
      expected.count == 20
      && zip(losses, expected).allSatisfy { abs($0 - $1) <= tolerance * abs($1) }
    #expect(isNear, "\(curve) with \(Backend().summary): \(losses)")
    #expect(losses[15...].reduce(0, +) < losses[..<5].reduce(0, +), "nothing is learnt")
  }

  @Test(arguments: ["symbols", "instruct-routed"])
  func lossesDoNotDependOnThreads(_ curve: String) throws {
    let run = try configuration(curve, ["pictures_per_step": 3, "pieces": 3, "steps": 8])
    let single = try tiny.losses(run)
    let state = try tiny.bytes(run, "state/state.safetensors")
    try FileManager.default.removeItem(at: run.configuration.output)
    #expect(try tiny.losses(run, threads: 2) == single)
    #expect(try tiny.bytes(run, "state/state.safetensors") == state)
    #expect(single.count == 8)
  }

  @Test func roundedProductsLearnTheSame() throws {
    let exact = try tiny.losses(configuration("instruct-routed"))
    let run = try configuration(
      "instruct-routed", ["precision": "bf16", "output": .string(tiny.output("b").path)])
    let rounded = try tiny.losses(run)
    #expect(zip(exact, rounded).allSatisfy { abs($0 - $1) < 0.01 * $0 }, "\(exact) \(rounded)")
    #expect(exact != rounded)
    // The weights themselves are learnt in full precision.
    let weights = try tiny.state(run).floats("parameter.language_model.model.layers.0.mlp.up_proj.weight")
    #expect(weights.contains { $0 != Float(bfloat16Bits: $0.bfloat16Bits) })
  }

  @Test func onlyWhatIsTrainableChanges() throws {
    let model = try tiny.routedModel()
    let before = try SafetensorsFile(model.appendingPathComponent("model.safetensors"))
    let run = try tiny.configuration(
      "run", stage: "instruct", ["model": .string(model.path), "trainable": ["router"], "steps": 2])
    _ = try tiny.losses(run)
    let after = try tiny.state(run)
    var changed: [String] = []
    for name in after.names where name.hasPrefix("parameter.") {
      let stored = String(name.dropFirst("parameter.".count))
      if try after.floats(name) != before.floats(stored) { changed.append(stored) }
    }
    #expect(changed == ["language_model.model.layers.1.router.weight"])
  }

  /// A stage takes the full-precision weights that another has left.
  @Test func stagesGoOnFromEachOther() throws {
    let symbols = try tiny.configuration("symbols", stage: "symbols", ["steps": 2])
    _ = try tiny.losses(symbols)
    let patches = try tiny.configuration(
      "patches", stage: "patches",
      ["steps": 2, "initial_decoder": .string(symbols.configuration.output.path)])
    _ = try tiny.losses(patches)
    let instruct = try tiny.configuration(
      "instruct", stage: "instruct",
      [
        "steps": 1, "learning_rate": 0, "initial_decoder": .string(symbols.configuration.output.path),
        "initial_images": .string(patches.configuration.output.path),
      ])
    _ = try tiny.losses(instruct)
    let (decoder, images, all) = try (tiny.state(symbols), tiny.state(patches), tiny.state(instruct))
    for name in all.names where name.hasPrefix("parameter.") {
      let origin = name.hasPrefix("parameter.language_model.") ? decoder : images
      #expect(try all.floats(name) == origin.floats(name), "\(name)")
    }
    let fresh = try tiny.configuration("fresh", stage: "instruct", ["steps": 1, "learning_rate": 0])
    _ = try tiny.losses(fresh)
    let name = "parameter.multi_modal_projector.linear_1.weight"
    #expect(try tiny.state(fresh).floats(name) != all.floats(name))
  }
}
