import Foundation
import RunTesting
import StrictJSON
import Testing
import Training

/// Training stops where its numbers end, and keeps what was there before.
@Suite struct NotANumberTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  /// Without an epsilon the first step divides zero by zero wherever a parameter has no gradient.
  private func run(_ name: String, _ changes: [String: JSONValue] = [:]) throws -> TrainingRun {
    let keys: [String: JSONValue] = ["image_rows": [16], "steps": 12, "checkpoint_every": 100]
    return try tiny.configuration(name, stage: "symbols", keys.merging(changes) { $1 })
  }

  private func failure(_ body: () throws -> Void) -> String {
    let error = #expect(throws: TrainingError.self) { try body() }
    return error?.description ?? ""
  }

  private func exists(_ run: TrainingRun, _ path: String) -> Bool {
    FileManager.default.fileExists(atPath: run.configuration.output.appendingPathComponent(path).path)
  }

  private func expectFiniteLog(_ run: TrainingRun) throws {
    let text = String(decoding: try tiny.bytes(run, "log.jsonl"), as: UTF8.self)
    #expect(!text.contains("-1,") && !text.lowercased().contains("nan"), "\(text)")
  }

  @Test func aLossThatIsNoNumberEndsTheRunAndNamesTheStep() throws {
    let run = try run("nan", ["epsilon": 0])
    let text = failure { try run.train(resume: false, threads: 1) { _ in } }
    #expect(text.contains("step 2: the loss is") && text.contains("learning_rate"), "\(text)")
    #expect(!exists(run, "model") && !exists(run, "state"))
    #expect(try tiny.log(run).map { try $0.int("step") } == [1])
    try expectFiniteLog(run)
  }

  @Test func aStateThatIsNoneDoesNotReplaceTheLastGoodOne() throws {
    let good = try run("kept")
    var asked = 0
    try good.train(
      resume: false, threads: 1,
      shouldStop: {
        defer { asked += 1 }
        return asked == 3
      }, report: { _ in })
    let state = try tiny.bytes(good, "state/state.safetensors")
    for every in [1, 100] as [JSONValue] {
      let bad = try run("kept", ["epsilon": 0, "checkpoint_every": every])
      let text = failure { try bad.train(resume: true, allowsChanges: true, threads: 1) { _ in } }
      #expect(text.contains(every == 1 ? "step 4: parameter." : "step 5: the loss is"), "\(text)")
      #expect(text.contains("state"), "\(text)")
      #expect(try tiny.bytes(good, "state/state.safetensors") == state)
      #expect(!exists(bad, "model"))
      try expectFiniteLog(bad)
    }
    // The good run goes on as if nothing had been.
    try good.train(resume: true, threads: 1) { _ in }
    #expect(exists(good, "model"))
  }
}
