import Checkpoints
import Foundation
import Loading
import MixtureOfDepths
import Models
import RunTesting
import StrictJSON
import Tensors
import Testing
import Training

/// LoRA: what is learnt, what stays, and what is written.
@Suite struct LowRankTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func run(_ changes: [String: JSONValue] = [:]) throws -> (TrainingRun, base: URL) {
    let base = try tiny.routedModel()
    let keys: [String: JSONValue] = [
      "model": .string(base.path), "trainable": ["decoder", "router"], "steps": 8,
      "lora": ["rank": 2, "alpha": 4], "learning_rate": 0.02, "warmup_steps": 0,
    ]
    return (try tiny.configuration("lora", stage: "instruct", keys.merging(changes) { $1 }), base)
  }

  @Test func changesAreLearntAndMatricesStay() throws {
    let (run, base) = try run()
    let losses = try tiny.losses(run)
    #expect(try #require(losses.last) < 0.97 * losses[0], "\(losses)")
    let state = try tiny.state(run)
    let before = try SafetensorsFile(base.appendingPathComponent("model.safetensors"))
    var changed: [String] = []
    for name in before.names where state.names.contains("parameter.\(name)") {
      if try state.floats("parameter.\(name)") != before.floats(name) { changed.append(name) }
    }
    #expect(changed == ["language_model.model.layers.1.router.weight"])
    // Nothing is kept that the base model has.
    let kept = state.names.filter { $0.hasPrefix("parameter.") }
    #expect(kept.count == 3 * 7 * 2 + 1 && kept.count { $0.hasPrefix("parameter.lora.") } == 3 * 7 * 2)
    let learnt = state.names.filter { $0.hasPrefix("mean.lora.") }
    #expect(learnt.count == 3 * 7 * 2)
  }

  /// The first step sees the base model: the changes are zero.
  @Test func theFirstLossIsTheBaseModels() throws {
    let (run, base) = try run(["steps": 1])
    let full = try tiny.configuration(
      "full", stage: "instruct", ["model": .string(base.path), "steps": 1, "learning_rate": 0.02])
    #expect(try tiny.losses(run) == tiny.losses(full))
  }

  @Test func theAdapterOnItsBaseIsTheWrittenModel() throws {
    let (run, base) = try run()
    _ = try tiny.losses(run)
    let merged = try GammaModel.load(run.configuration.output.appendingPathComponent("model"))
    let adapted = try GammaModel.load(
      ModelPlace(run.configuration.output.appendingPathComponent("adapter"), base: base))
    let original = try GammaModel.load(base)
    let triples = zip(zip(merged.storedTensors, adapted.storedTensors), original.storedTensors)
    var changed = 0
    for ((merged, adapted), original) in triples {
      let (one, other) = (merged.parameter.tensor.floats(), adapted.parameter.tensor.floats())
      // The model is written in bfloat16, which has 8 bits.
      #expect(one.count == other.count, "\(merged.name)")
      #expect(zip(one, other).allSatisfy { abs($0 - $1) <= abs($1) / 128 + 1e-6 }, "\(merged.name)")
      let old = original.parameter.tensor.floats()
      if zip(other, old).contains(where: { abs($0 - $1) > abs($1) / 64 + 1e-4 }) { changed += 1 }
    }
    #expect(changed > 10, "\(changed)")
  }

  @Test func interruptedRunsGoOn() throws {
    let (run, _) = try run()
    let whole = try tiny.losses(run)
    let (again, _) = try self.run(["output": .string(tiny.output("again").path)])
    var steps = 0
    func stop() -> Bool {
      steps += 1
      return steps > 3
    }
    try again.train(
      resume: false, threads: 1, shouldStop: stop, report: { _ in })
    try again.train(
      resume: true, threads: 2
    ) { _ in }
    #expect(try tiny.log(again).map { try $0.double("loss") } == whole)
    #expect(
      try tiny.bytes(again, "adapter/adapter_model.safetensors")
        == tiny.bytes(run, "adapter/adapter_model.safetensors"))
  }

  @Test func wrongSettingsAreRefused() throws {
    for lora: JSONValue in [["rank": 0, "alpha": 1], ["rank": 2], ["rank": 2, "alpha": -1], 3] {
      #expect(throws: JSONError.self) { try run(["lora": lora]) }
    }
    #expect(throws: JSONError.self) { try run(["trainable": ["router"]]) }
    let patches = try tiny.configuration("patches", stage: "patches", ["lora": ["rank": 2, "alpha": 4]])
    #expect(throws: TrainingError.self) { try patches.train(resume: false, threads: 1) { _ in } }
  }
}
