import Foundation
import RunTesting
import StrictJSON
import Testing

@testable import PocketTraining
@testable import Training

/// Where paths of a run file start, and how its length is said.
@Suite struct RunFilePathsTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func write(_ json: String, to path: String) throws -> URL {
    let url = tiny.folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try json.write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  @Test func pathsStartFromTheRunFile() throws {
    let file = try write(
      """
      {"stage": "instruct", "model": "../m", "tokenizer": "/t", "output": "out", "data": "talk/a.json",
       "validation_data": "../held.json", "steps": 1, "learning_rate": 0.1}
      """, to: "runs/first/run.json")
    let run = try TrainingRun(runFile: file).configuration
    let runs = tiny.folder.path + "/runs"
    #expect(run.model.path == runs + "/m" && run.tokenizer.path == "/t")
    #expect(run.output.path == runs + "/first/out")
    let stage = try ConversationStage(
      JSONObject.read(contentsOf: file), from: file.deletingLastPathComponent())
    #expect(stage.data.path == runs + "/first/talk/a.json" && stage.validation?.path == runs + "/held.json")
    #expect(stage.images.path == runs + "/first/talk")
  }

  @Test func shippedRunFilesNameWhatIsShipped() throws {
    let files = FileManager.default
    for name in ["1-symbols", "2-patches", "3-align", "4-dense"] {
      let run = try TrainingRun(
        runFile: TinyRun.repository.appending(path: "training/pocket/\(name).json")
      ).configuration
      #expect(files.fileExists(atPath: run.model.path) && files.fileExists(atPath: run.tokenizer.path))
      #expect(run.output.path == TinyRun.repository.path + "/runs/pocket/\(name)")
    }
  }

  private func run(_ length: String, samples: Int = 10) throws -> RunConfiguration {
    let sample = #"{"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "!"}]}"#
    _ = try write(
      "[" + [String](repeating: sample, count: samples).joined(separator: ",") + "]", to: "talk.json")
    return try TrainingRun(
      runFile: write(
        """
        {"stage": "instruct", "model": "m", "tokenizer": "t", "output": "o", "data": "talk.json",
         "pictures_per_step": 4, "learning_rate": 0.1 \(length)}
        """, to: "run.json")
    ).configuration
  }

  @Test func epochsAreAsManyStepsAsSeeEverySampleSoOften() throws {
    #expect(try run(#", "epochs": 1"#).steps == 3)
    #expect(try run(#", "epochs": 2"#).steps == 5)
    #expect(try run(#", "epochs": 0.5"#).steps == 2)
    #expect(try run(#", "epochs": 0.001"#).steps == 1)
    #expect(try run(#", "steps": 7"#).steps == 7)
  }

  @Test(arguments: [
    (#", "epochs": 1, "steps": 3"#, "epochs"), ("", "steps"), (#", "epochs": 0"#, "epochs"),
    (#", "epochs": -1"#, "epochs"), (#", "epochs": "many""#, "epochs"), (#", "epochs": 1e300"#, "epochs"),
  ])
  func lengthsThatContradictOrMissAreRefused(_ length: String, _ key: String) throws {
    let error = #expect(throws: JSONError.self) { try run(length) }
    #expect(error.map { "\($0)" }?.contains(key) == true, "\(error.debugDescription)")
  }

  @Test func thePocketWorldHasNoEpochs() throws {
    let file = try write(
      """
      {"stage": "instruct", "model": "m", "tokenizer": "t", "output": "o", "epochs": 1, "learning_rate": 0.1}
      """, to: "pocket.json")
    let error = #expect(throws: JSONError.self) { try TrainingRun(runFile: file) }
    #expect(error.map { "\($0)" }?.contains("no end") == true)
  }

  /// An epoch draws every sample once; the next one draws them in another order.
  @Test func anEpochSeesEverySampleOnce() {
    let samples = (0..<50).map {
      InstructionSample(name: "\($0)", image: nil, sentences: [.init(speaker: "human", text: "?")])
    }
    let shuffled = ShuffledSamples(samples, seed: 3)
    let rounds = (0..<3).map { round in (0..<50).map { shuffled.sample(at: 50 * round + $0).name } }
    for round in rounds { #expect(Set(round).count == 50) }
    #expect(rounds[0] != rounds[1] && rounds[1] != rounds[2])
  }
}
