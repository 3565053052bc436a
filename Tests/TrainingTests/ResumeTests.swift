import Foundation
import RunTesting
import StrictJSON
import Testing
import Training

/// A run that was stopped, or killed, ends as if it never had been.
@Suite struct ResumeTests {
  private let tiny: TinyRun
  private let whole: TrainingRun

  init() throws {
    tiny = try TinyRun()
    whole = try tiny.configuration("whole", stage: "symbols", ["image_rows": [16], "steps": 12])
    try whole.train(
      resume: false, threads: 1
    ) { _ in }
  }

  private func configuration(_ name: String) throws -> TrainingRun {
    try tiny.configuration(name, stage: "symbols", ["image_rows": [16], "steps": 12])
  }

  private func expectEqualToWhole(_ run: TrainingRun) throws {
    for path in ["state/state.safetensors", "model/model.safetensors", "stage.safetensors", "log.jsonl"] {
      #expect(try tiny.bytes(run, path) == tiny.bytes(whole, path), "\(path)")
    }
    #expect(try tiny.log(run).map { try $0.int("step") } == Array(1...12))
  }

  @Test func stoppedRunsGoOn() throws {
    let run = try configuration("stopped")
    try tiny.train(run, resume: false, steps: 4)
    #expect(try tiny.log(run).count == 4)
    #expect(
      !FileManager.default.fileExists(atPath: run.configuration.output.appendingPathComponent("model").path))
    try tiny.train(run, resume: true, steps: 3)
    #expect(try tiny.log(run).count == 7)
    try tiny.train(run, resume: true)
    try expectEqualToWhole(run)
    // Once more changes nothing.
    try tiny.train(run, resume: true)
    try expectEqualToWhole(run)
  }

  /// What a kill leaves: the last checkpoint, a log that goes beyond it and ends in half a line.
  @Test func killedRunsGoOn() throws {
    let run = try configuration("running")
    let killed = try configuration("killed")
    try tiny.train(run, killedAfter: 8, leaving: killed)
    #expect(try tiny.log(killed).count == 8)
    let log = try FileHandle(forWritingTo: killed.configuration.output.appendingPathComponent("log.jsonl"))
    try log.seekToEnd()
    try log.write(contentsOf: Data(#"{"step":9,"kind":"tr"#.utf8))
    try log.close()
    // The checkpoint is that of step 5.
    try tiny.train(killed, resume: true, steps: 1)
    #expect(try tiny.log(killed).map { try $0.int("step") } == Array(1...6))
    try tiny.train(killed, resume: true)
    try expectEqualToWhole(killed)
  }

  /// A kill between the two renames that replace a state.
  @Test func stateThatWasMovedAsideIsFound() throws {
    let run = try configuration("aside")
    try tiny.train(run, resume: false, steps: 4)
    try FileManager.default.moveItem(
      at: run.configuration.output.appendingPathComponent("state"),
      to: run.configuration.output.appendingPathComponent(".state.replaced-1"))
    try tiny.train(run, resume: true)
    try expectEqualToWhole(run)
  }

  @Test func startingAgainNeedsResume() throws {
    let error = #expect(throws: TrainingError.self) { try tiny.train(whole, resume: false) }
    #expect(error?.description.contains("--resume") == true)
    #expect(try tiny.log(whole).count == 12)
  }

  @Test func goingOnNeedsAsManySteps() throws {
    let shorter = try tiny.configuration("whole", stage: "symbols", ["image_rows": [16], "steps": 11])
    let error = #expect(throws: TrainingError.self) { try tiny.train(shorter, resume: true) }
    #expect(error?.description.contains("12 steps") == true, "\(error.debugDescription)")
    #expect(try tiny.log(whole).count == 12)
  }

  @Test(arguments: ["cut", "changed", "state.safetensors", "run.json", "manifest.json"])
  func damagedStatesAreRefused(_ damage: String) throws {
    let run = try configuration("damaged")
    try tiny.train(run, resume: false, steps: 3)
    let state = run.configuration.output.appendingPathComponent("state")
    let weights = state.appendingPathComponent("state.safetensors")
    var bytes = try Data(contentsOf: weights)
    switch damage {
    case "cut": try bytes.dropLast(1000).write(to: weights)
    case "changed":
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: weights)
    default: try FileManager.default.removeItem(at: state.appendingPathComponent(damage))
    }
    let error = #expect(throws: TrainingError.self) { try tiny.train(run, resume: true) }
    let text = error?.description ?? ""
    #expect(text.contains(state.path) && text.contains("damaged") && text.contains("delete it"), "\(text)")
    // Nothing that could be rescued was touched.
    #expect(try tiny.log(run).count == 3)
  }

  @Test func statesOfOtherRunsAreRefused() throws {
    let run = try configuration("other")
    try tiny.train(run, resume: false, steps: 2)
    let config = tiny.folder.appendingPathComponent("config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
      .replacingOccurrences(of: "\"intermediate_size\": 48", with: "\"intermediate_size\": 56")
    try text.write(to: config, atomically: true, encoding: .utf8)
    var error = #expect(throws: TrainingError.self) { try tiny.train(run, resume: true) }
    #expect(error?.description.contains("model has other content") == true, "\(error.debugDescription)")
    error = #expect(throws: TrainingError.self) {
      try run.train(resume: true, allowsChanges: true, threads: 1) { _ in }
    }
    #expect(error?.description.contains("another run") == true, "\(error.debugDescription)")
  }
}
