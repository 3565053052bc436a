import Checkpoints
import Files
import Foundation
import RunTesting
import StrictJSON
import Testing
import Training

/// What lies in a run's output is never overwritten unasked, and nobody else writes there meanwhile.
@Suite struct RunFolderTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func run(_ name: String, _ changes: [String: JSONValue] = [:]) throws -> TrainingRun {
    let keys: [String: JSONValue] = ["image_rows": [16], "steps": 6]
    return try tiny.configuration(name, stage: "symbols", keys.merging(changes) { $1 })
  }

  private func failure(_ body: () throws -> Void) -> String {
    let error = #expect(throws: (any Error).self) { try body() }
    return error.map { "\($0)" } ?? ""
  }

  @Test func aRunWhoseStateIsGoneIsNotOverwritten() throws {
    let run = try run("gone")
    try tiny.train(run)
    let output = run.configuration.output
    try FileManager.default.removeItem(at: output.appendingPathComponent("state"))
    let before = try (tiny.bytes(run, "model/model.safetensors"), tiny.bytes(run, "log.jsonl"))
    for resume in [false, true] {
      let text = failure { try tiny.train(run, resume: resume) }
      #expect(text.contains(output.path) && text.contains("state is gone"), "\(text)")
    }
    // Neither is the log alone.
    try FileManager.default.removeItem(at: output.appendingPathComponent("stage.safetensors"))
    try FileManager.default.moveItem(
      at: output.appendingPathComponent("model"), to: tiny.folder.appendingPathComponent("moved"))
    #expect(failure { try tiny.train(run) }.contains("log.jsonl"))
    #expect(try tiny.bytes(run, "log.jsonl") == before.1)
    let moved = tiny.folder.appendingPathComponent("moved/model.safetensors")
    #expect(try Data(contentsOf: moved) == before.0)
  }

  @Test func aRunKilledBeforeItsFirstCheckpointStartsAgain() throws {
    let run = try run("early")
    let output = run.configuration.output
    try tiny.train(run, steps: 3)
    try FileManager.default.removeItem(at: output.appendingPathComponent("state"))
    try tiny.train(run)
    #expect(try tiny.log(run).count == 6)
  }

  @Test func theSourceOfARunIsNotItsOutput() throws {
    let model = try tiny.routedModel()
    let output = tiny.output("own")
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    try FileManager.default.moveItem(at: model, to: output.appendingPathComponent("model"))
    let own = output.appendingPathComponent("model")
    let weights = try Data(contentsOf: own.appendingPathComponent("model.safetensors"))
    let run = try tiny.configuration("own", stage: "instruct", ["model": .string(own.path), "steps": 1])
    for resume in [false, true] {
      #expect(failure { try tiny.train(run, resume: resume) }.contains("another folder"))
    }
    #expect(try Data(contentsOf: own.appendingPathComponent("model.safetensors")) == weights)
  }

  @Test func twoRunsDoNotShareAFolder() throws {
    let run = try run("shared")
    let other = try self.run("shared")
    var text = ""
    try run.train(
      resume: false, threads: 1,
      shouldStop: {
        if text.isEmpty { text = failure { try tiny.train(other, resume: true) } }
        return false
      }, report: { _ in })
    #expect(
      text.contains("another process writes to it") && text.contains("choose another output"), "\(text)")
    #expect(try tiny.log(run).map { try $0.int("step") } == Array(1...6))
  }

  @Test(
    arguments: [
      ["learning_rate": 0.001], ["seed": 2], ["steps": 9], ["pictures_per_step": 4], ["image_rows": [20]],
      ["weight_decay": 0], ["world_seed": 7],
    ] as [[String: JSONValue]])
  func goingOnWithAnotherRunFileNeedsToBeAsked(_ change: [String: JSONValue]) throws {
    let first = try run("changed")
    try tiny.train(first, steps: 3)
    let state = try tiny.bytes(first, "state/state.safetensors")
    let changed = try run("changed", change)
    let key = try #require(change.keys.first)
    let text = failure { try tiny.train(changed, resume: true) }
    #expect(text.contains("\(key) was ") && text.contains("--allow-changes"), "\(text)")
    #expect(try tiny.bytes(first, "state/state.safetensors") == state)
    var lines: [String] = []
    try tiny.train(changed, resume: true, allowsChanges: true) { lines.append($0) }
    #expect(lines.contains { $0.contains("going on with changes: \(key) was") }, "\(lines)")
  }

  /// What a run says and shows by the way does not decide what it learns, nor does the place of its files.
  @Test func whatChangesNothingMayChange() throws {
    let first = try run("same")
    try tiny.train(first, steps: 3)
    let config = tiny.folder.appendingPathComponent("config.json")
    let moved = tiny.folder.appendingPathComponent("elsewhere.json")
    try FileManager.default.copyItem(at: config, to: moved)
    try tiny.train(
      try run("same", ["log_every": 2, "checkpoint_every": 3, "model": .string(moved.path), "seed": 1]),
      resume: true)
    #expect(try tiny.log(first).count == 5)
  }

  @Test func otherContentOfAFileIsNoticed() throws {
    let first = try run("content")
    try tiny.train(first, steps: 3)
    let config = tiny.folder.appendingPathComponent("config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    try (text + "\n").write(to: config, atomically: true, encoding: .utf8)
    #expect(failure { try tiny.train(first, resume: true) }.contains("model has other content"))
  }

  /// States of a time when they said nothing of their run and held what is not learnt as well.
  @Test func olderStatesAreGoneOnFrom() throws {
    let whole = try run("whole")
    try tiny.train(whole)
    let run = try run("older")
    try tiny.train(run, steps: 3)
    let state = run.configuration.output.appendingPathComponent("state")
    let file = try SafetensorsFile(state.appendingPathComponent("state.safetensors"))
    try AtomicFolder.write(to: state) { folder in
      var writer = SafetensorsWriter()
      for name in file.names { try writer.add(name, copyOf: name, in: file) }
      try writer.add("parameter.frozen", int64s: [1], shape: [1])
      try writer.write(to: folder.appendingPathComponent("state.safetensors"))
      try AtomicFile.write(#"{"steps":3}"#, to: folder.appendingPathComponent("run.json"))
    }
    var lines: [String] = []
    try tiny.train(run, resume: true) { lines.append($0) }
    #expect(lines.contains { $0.contains("does not say how it was made") }, "\(lines)")
    #expect(try tiny.bytes(run, "model/model.safetensors") == tiny.bytes(whole, "model/model.safetensors"))
  }

  /// A picture that cannot be read ends a run, and what was learnt before is kept.
  @Test func aSampleThatCannotBeReadCostsNothing() throws {
    let model = TinyRun.repository.appendingPathComponent("models/pocket").path
    let data = tiny.folder.appendingPathComponent("data.jsonl")
    try (0..<4).map { index in
      #"{"image": "\#(index).png", "conversations": [{"from": "human", "value": "<image> a"}, {"from": "gpt", "value": "red"}]}"#
    }.joined(separator: "\n").write(to: data, atomically: true, encoding: .utf8)
    for index in 0..<4 {
      try FileManager.default.copyItem(
        at: TinyRun.repository.appendingPathComponent("demo/1.png"),
        to: tiny.folder.appendingPathComponent("\(index).png"))
    }
    let run = try tiny.configuration(
      "unread", stage: "instruct",
      [
        "model": .string(model), "tokenizer": .string(model), "data": .string(data.path), "steps": 4,
        "pictures_per_step": 1, "pieces": 1, "checkpoint_every": 100,
      ])
    var steps = 0
    let text = failure {
      try run.train(
        resume: false, threads: 1,
        shouldStop: {
          steps += 1
          // The pictures of the steps behind the second are gone.
          if steps == 3 {
            for index in 0..<4 {
              try? FileManager.default.removeItem(at: tiny.folder.appendingPathComponent("\(index).png"))
            }
          }
          return false
        }, report: { _ in })
    }
    #expect(text.contains(".png"), "\(text)")
    let json = try JSONObject.read(
      contentsOf: run.configuration.output.appendingPathComponent("state/run.json"))
    #expect(try json.int("steps") == 2)
  }
}
