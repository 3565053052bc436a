import Foundation
import RunTesting
import StrictJSON
import Testing
import Training

/// Samples that teach nothing, or not what they hold, are told of before the run.
@Suite struct UselessSampleTests {
  private let tiny: TinyRun
  private let data: URL

  init() throws {
    tiny = try TinyRun()
    data = tiny.folder.appendingPathComponent("data.jsonl")
    let picture = TinyRun.repository.appendingPathComponent("demo/1.png")
    try FileManager.default.copyItem(at: picture, to: tiny.folder.appendingPathComponent("1.png"))
  }

  private static let good = [
    line("What color is it?", "red"), line("<image>\nHow many?", "3", #""image": "1.png""#),
    line("Is it blue?", "No"),
  ]

  private static func line(_ question: String, _ answer: String, _ members: String...) -> String {
    let turns = [("human", question), ("gpt", answer)].map { speaker, text in
      let text = text.replacing("\n", with: "\\n")
      return #"{"from": "\#(speaker)", "value": "\#(text)"}"#
    }
    return "{"
      + (members + [#""conversations": [\#(turns.joined(separator: ", "))]"#]).joined(separator: ", ")
      + "}"
  }

  /// Trains a step on these lines and returns what was reported.
  private func train(_ lines: [String], _ changes: [String: JSONValue] = [:]) throws -> [String] {
    try lines.joined(separator: "\n").write(to: data, atomically: true, encoding: .utf8)
    let model = TinyRun.repository.appendingPathComponent("models/pocket-gamma").path
    let keys: [String: JSONValue] = [
      "model": .string(model), "tokenizer": .string(model), "data": .string(data.path), "steps": 1,
    ]
    let name = "run-\(UUID().uuidString)"
    let run = try tiny.configuration(name, stage: "instruct", keys.merging(changes) { $1 })
    var reports: [String] = []
    try run.train(resume: false, threads: 1) { reports.append($0) }
    return reports
  }

  private func failure(_ lines: [String], _ changes: [String: JSONValue] = [:]) -> String {
    let error = #expect(throws: (any Error).self) { try train(lines, changes) }
    return error.map { "\($0)" } ?? ""
  }

  @Test func goodSamplesAreNotTalkedAbout() throws {
    let reports = try train(Self.good)
    #expect(!reports.contains { $0.contains("samples") || $0.contains("template") }, "\(reports)")
  }

  /// A mark without a picture: in a question, in an answer, among good samples, in the validation.
  @Test func marksWithoutAPictureAreRefused() throws {
    for bad in [Self.line("<image>\nWhat?", "red"), Self.line("What?", "the <image> there")] {
      for place in 0...Self.good.count {
        var lines = Self.good
        lines.insert(bad, at: place)
        let text = failure(lines)
        #expect(text.contains(data.path) && text.contains("line \(place + 1)"), "\(text)")
        #expect(text.contains("<image>") && text.contains("names no picture"), "\(text)")
      }
      let validation = tiny.folder.appendingPathComponent("validation.jsonl")
      try bad.write(to: validation, atomically: true, encoding: .utf8)
      let text = failure(Self.good, ["validation_data": .string(validation.path), "validation_pictures": 1])
      #expect(text.contains(validation.path) && text.contains("line 1"), "\(text)")
      for template in ["vicuna_v1", "mpt", "v0", "llava_llama_2"] {
        #expect(failure([bad], ["conversation": .string(template)]).contains("names no picture"))
      }
    }
  }

  @Test func severalMarksAndVideosAreRefused() {
    let twice = #"""
      {"id": "two", "image": "1.png", "conversations": [{"from": "human", "value": "<image> a"},
       {"from": "gpt", "value": "b"}, {"from": "human", "value": "<image> c"}, {"from": "gpt", "value": "d"}]}
      """#.replacing("\n", with: "")
    let text = failure(Self.good + [twice])
    #expect(text.contains("line 4 (two)") && text.contains("2 turns"), "\(text)")
    for member in [#""video": "a.mp4""#, #""videos": ["a.mp4"]"#, #""images": ["1.png", "1.png"]"#] {
      let text = failure(Self.good + [Self.line("What happens?", "red", member)])
      #expect(text.contains("data.jsonl:4") || text.contains("line 4"), "\(text)")
      #expect(text.contains("only one picture is read"), "\(text)")
    }
  }

  @Test func picturesThatNoTurnShowsAreCounted() throws {
    let hidden = Self.line("How many?", "3", #""image": "1.png""#)
    let validation = tiny.folder.appendingPathComponent("validation.jsonl")
    try hidden.write(to: validation, atomically: true, encoding: .utf8)
    let reports = try train(
      Self.good + [hidden, hidden], ["validation_data": .string(validation.path), "validation_pictures": 1])
    #expect(
      reports.contains { $0.contains("\(validation.path): the pictures of 1 of 1 sample") }, "\(reports)")
    #expect(
      reports.contains {
        $0.contains("the pictures of 2 of 5 samples are not used") && $0.contains("line 4")
      }, "\(reports)")
  }

  @Test func tokensBeyondTheVocabularyAreNamed() {
    let tokenizer = TinyRun.repository.appendingPathComponent("Tests/Fixtures/tokenizers/bbpe-qwen2").path
    let text = failure(
      [Self.good[0]], ["tokenizer": .string(tokenizer), "conversation": "mpt"])
    #expect(text.contains("outside the vocabulary") && text.contains("line 1"), "\(text)")
  }

  @Test func aRunOfWhichNothingIsLearntFailsAtOnce() {
    let cut = failure(Self.good, ["max_length": 4])
    #expect(
      cut.contains("nothing is learnt of 3 of the next 3 samples") && cut.contains("max_length 4"), "\(cut)")
    let empty = failure([Self.line("What?", ""), Self.line("What?", "  ")])
    #expect(empty.contains("nothing is learnt of 2") && empty.contains("empty"), "\(empty)")
  }

  @Test func samplesThatTeachNothingAreToldOf() throws {
    let long = Self.line(String(repeating: "xyzzy ", count: 60), "red")
    let reports = try train(
      Self.good + [long, Self.line("What?", "")], ["max_length": 120, "pictures_per_step": 5])
    let told = try #require(reports.first { $0.contains("nothing is learnt") })
    #expect(
      told.contains("2 of the next 5") && told.contains("max_length 120") && told.contains("empty"), "\(told)"
    )
  }

  @Test func aTemplateOfAnotherTokenizerIsToldOf() throws {
    // Whether or not something is learnt, it is said.
    var said: [String] = []
    do { said = try train(Self.good, ["conversation": "mpt"]) } catch { said = ["\(error)"] }
    #expect(said.contains { $0.contains("mpt") && $0.contains("<|im_end|>") }, "\(said)")
  }
}
