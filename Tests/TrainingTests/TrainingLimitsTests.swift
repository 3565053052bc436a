import Foundation
import Loading
import RunTesting
import StrictJSON
import Tensors
import Testing

@testable import Training

/// Counts and models that a run cannot have are refused in a sentence.
@Suite struct TrainingLimitsTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func failure(_ changes: [String: JSONValue]) throws -> String {
    let model = try tiny.routedModel()
    let run = try tiny.configuration(
      "limits", stage: "instruct", ["model": .string(model.path), "steps": 2].merging(changes) { $1 })
    let error = #expect(throws: (any Error).self) { try run.train(resume: false, threads: 1) { _ in } }
    return error.map { "\($0)" } ?? ""
  }

  @Test func countsThatNoMemoryHoldsAreRefused() throws {
    let lora: JSONValue = ["rank": 65_536, "alpha": 1]
    let text = try failure([
      "lora": lora, "trainable": ["decoder"], "pieces": 65_536, "pictures_per_step": 65_536,
    ])
    #expect(text.contains("GiB") && text.contains("pieces and lora.rank"), "\(text)")
  }

  @Test func everyCountOfAStepIsWeighed() throws {
    let folder = tiny.folder.appendingPathComponent("data.jsonl")
    let line = #"{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "red"}]}"#
    try line.write(to: folder, atomically: true, encoding: .utf8)
    let model = TinyRun.repository.appendingPathComponent("models/pocket").path
    func check(_ changes: [String: JSONValue], memory: UInt64) throws {
      let keys: [String: JSONValue] = [
        "model": .string(model), "tokenizer": .string(model), "data": .string(folder.path), "steps": 2,
      ]
      let run = try tiny.configuration("weighed", stage: "instruct", keys.merging(changes) { $1 })
      let json = JSONObject([("stage", "instruct"), ("data", .string(folder.path))])
      let lesson = try ConversationStage(json, from: tiny.folder)
        .lesson(run.configuration, onRead: { _, _ in })
      try MemoryNeed(run.configuration, lesson, learnt: 1e6).check(memory: memory)
    }
    try check([:], memory: 1 << 30)
    for (changes, key) in [
      (["pieces": 1000, "pictures_per_step": 1000], "pieces"),
      (["pictures_per_step": 65_536], "pictures_per_step"),
    ] as [([String: JSONValue], String)] {
      let error = #expect(throws: TrainingError.self) { try check(changes, memory: 1 << 30) }
      #expect(error?.description.contains("lower \(key)") == true, "\(error.debugDescription)")
    }
  }

  @Test func quantizedModelsDoNotLearn() throws {
    let packed = tiny.folder.appendingPathComponent("packed")
    try ModelQuantization.quantize(
      TinyRun.repository.appendingPathComponent("models/pocket"), format: .int8, to: packed)
    let text = try failure(["model": .string(packed.path)])
    #expect(text.contains(packed.path) && text.contains("quantized to int8"), "\(text)")
  }
}
