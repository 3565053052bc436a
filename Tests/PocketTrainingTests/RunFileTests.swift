import Foundation
import PocketTraining
import StrictJSON
import Testing
import Training

/// Run files say what they want, or are refused with the key that is wrong.
@Suite struct RunFileTests {
  private func run(_ changes: [String: JSONValue]) throws -> TrainingRun {
    var members: [String: JSONValue] = [
      "stage": "instruct", "model": "config.json", "tokenizer": "tokenizer", "output": "output", "steps": 3,
      "learning_rate": 0.1,
    ]
    members.merge(changes) { $1 }
    return try TrainingRun(runFile: JSONObject(members.map { ($0.key, $0.value) }))
  }

  @Test func everyRunFileOfThisRepositoryIsRead() throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let names = ["1-symbols", "2-patches", "3-align", "4-dense", "4-gamma", "5-dense", "5-gamma"]
    for name in names {
      let file = repository.appending(path: "training/pocket/\(name).json")
      let run = try TrainingRun(runFile: file)
      #expect(run.configuration.output.path.hasSuffix("runs/pocket/\(name)"))
    }
  }

  private static let senseless: [(String, JSONValue)] = [
    ("steps", 0), ("steps", "many"), ("learning_rate", -1), ("learning_rate", 2), ("pieces", 9),
    ("stage", "warm-up"), ("trainable", ["tower", "head"]), ("precision", "f16"), ("lerning_rate", 0.1),
    ("beta2", 1), ("checkpoint_every", 0), ("extra_questions", 3), ("bare_questions", 2),
    ("image_rows", [145]),
    ("pictures_per_step", 1_000_000),
    ("max_length", 100),
  ]

  @Test(arguments: senseless)
  func senselessRunFilesAreRefused(_ key: String, _ value: JSONValue) {
    let error = #expect(throws: (any Error).self) { try run([key: value]) }
    #expect(error.map { "\($0)" }?.contains(key) == true, "\(error.debugDescription)")
  }

  /// What is learnt from decides which keys mean something.
  @Test func conversationsHaveKeysOfTheirOwn() throws {
    #expect(try run(["data": "talk.json", "max_length": 100]).configuration.steps == 3)
    for (key, value) in [("practice", true), ("stage", "symbols")] as [(String, JSONValue)] {
      #expect(throws: (any Error).self) { try run(["data": "talk.json", key: value]) }
    }
  }
}
