import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

@Suite struct MMVetTests {
  private static func options(_ name: String) -> ScoringOptions {
    var options = ScoringOptions()
    options.grades = Fixtures.folder.appending(path: "mm-vet/results/\(name)")
    return options
  }

  @Test(arguments: [1, 3]) func gradesScoreAsOfficially(runs: Int) throws {
    let expected = try Fixtures.object("mm-vet/expected.json").object("runs_\(runs)")
    let score = try BenchmarkFolder(.mmVet, at: Fixtures.folder)
      .score(AnswerFile([]), Self.options("synthetic_gpt-4-0613-grade-\(runs)runs.json"))
    #expect(score.rules == .llava)
    #expect(score.score == (try expected.object("capability").double("total")))
    for (table, value) in expected {
      let ours = try score.details.object(table)
      let theirs = try #require(value.object)
      #expect(ours.count == theirs.count)
      for (name, number) in theirs where name != "runs" {
        #expect(try ours.double(name) == number.double, "\(table) \(name)")
      }
      let shown = "[" + (try ours.doubles("runs")).map { "\($0)" }.joined(separator: ", ") + "]"
      #expect(try shown == theirs.string("runs"))
    }
  }

  @Test func withoutGradesThereIsNoOfficialScore() throws {
    let folder = try BenchmarkFolder(.mmVet, at: Fixtures.folder)
    let answers = try AnswerFile(
      contentsOf: Fixtures.folder.appending(path: "mm-vet/answers/synthetic.jsonl"))
    let error = #expect(throws: BenchmarkError.self) {
      try folder.score(answers, ScoringOptions(rules: .llava))
    }
    #expect(error?.description.contains("--grades") == true)
    #expect(try folder.score(answers).rules == .keywords)
  }

  @Test func missingGradesAreNamed() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "grades-\(UUID()).json")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data("{\"v1_0\": {\"score\": [0.5]}, \"1\": {\"score\": [1.0]}}".utf8).write(to: url)
    let folder = try BenchmarkFolder(.mmVet, at: Fixtures.folder)
    var options = ScoringOptions()
    options.grades = url
    let error = #expect(throws: BenchmarkError.self) { try folder.score(AnswerFile([]), options) }
    #expect(error?.description.contains("v1_2") == true)
    options.onlyAnswered = true
    let part = try folder.score(AnswerFile([]), options)
    #expect(part.score == 75 && part.count == 2)
    try Data("{\"v1_0\": {\"score\": [0.5]}, \"v1_1\": {\"score\": []}}".utf8).write(to: url)
    #expect(throws: BenchmarkError.self) { try folder.score(AnswerFile([]), options) }
  }
}
