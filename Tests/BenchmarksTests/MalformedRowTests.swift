import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

/// Rows that cannot be read are refused by name, or left out and counted.
@Suite struct MalformedRowTests {
  private static let answers: [(Benchmark, String)] = [
    (.textvqa, "textvqa/answers/synthetic.jsonl"),
    (.gqa, "gqa/answers/llava_gqa_testdev_balanced/synthetic/merge.jsonl"),
    (.scienceqa, "scienceqa/answers/synthetic.jsonl"), (.pope, "pope/answers/synthetic.jsonl"),
    (.mme, "mme/answers/synthetic.jsonl"),
    (.mmbench, "mmbench/answers/mmbench_dev_20230712/synthetic.jsonl"),
    (.mmVet, "mm-vet/answers/synthetic.jsonl"), (.seedBench, "seed_bench/answers/synthetic/merge.jsonl"),
  ]

  private static func changed(_ path: String, _ change: (inout [String]) -> Void) throws -> URL {
    var lines = try String(contentsOf: Fixtures.folder.appending(path: path), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    change(&lines)
    let url = FileManager.default.temporaryDirectory.appending(path: "answers-\(UUID()).jsonl")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
    return url
  }

  @Test(
    arguments: answers, ["{\"question_id\": 1, \"text", "{\"question_id\": 1, \"text\": NaN}", "[]", "{}"])
  func aBrokenLineIsRefusedOrCounted(answers: (benchmark: Benchmark, path: String), line: String) throws {
    let url = try Self.changed(answers.path) { $0[4] = line }
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = try BenchmarkFolder(answers.benchmark, at: Fixtures.folder)
    let file = try AnswerFile(contentsOf: url)
    let error = #expect(throws: BenchmarkError.self) { try folder.score(file) }
    #expect(error?.description.contains("\(url.lastPathComponent):5") == true)
    let score = try folder.score(file, ScoringOptions(isLenient: true))
    #expect(try score.number("malformed_rows", "count") == 1)
    #expect(try score.json.object("details").strings("switches") == ["lenient"])
    // One answer less moves the score by no more than its share, doubled for MME's pairs.
    let whole = try folder.score(
      AnswerFile(contentsOf: Fixtures.folder.appending(path: answers.path)))
    #expect(abs(score.score - whole.score) <= 400 / Double(whole.count))
  }

  @Test func vqav2PassesOverBrokenLinesAsItsConverterDoes() throws {
    let path = "vqav2/answers/llava_vqav2_mscoco_test-dev2015/synthetic/merge.jsonl"
    let score = try Fixtures.score(.vqav2, path)
    #expect(try score.number("malformed_rows", "count") == 1)
    let url = try Self.changed(path) { $0[0] = "{\"question_id\": 262148000}" }
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = try BenchmarkFolder(.vqav2, at: Fixtures.folder)
    #expect(throws: BenchmarkError.self) { try folder.score(AnswerFile(contentsOf: url)) }
  }

  @Test(arguments: [Benchmark.gqa, .pope, .mme]) func missingAnswersAreRefusedOrWrong(benchmark: Benchmark)
    throws
  {
    let path = try #require(Self.answers.first { $0.0 == benchmark }?.1)
    let url = try Self.changed(path) { $0.removeLast() }
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = try BenchmarkFolder(benchmark, at: Fixtures.folder)
    let file = try AnswerFile(contentsOf: url)
    #expect(throws: BenchmarkError.self) { try folder.score(file) }
    let whole = try folder.score(AnswerFile(contentsOf: Fixtures.folder.appending(path: path)))
    let score = try folder.score(file, ScoringOptions(isLenient: true))
    #expect(abs(score.score - whole.score) <= 400 / Double(whole.count))
    let part = try folder.score(file, ScoringOptions(onlyAnswered: true))
    // The answer that is gone may be one that does not count.
    #expect((whole.count - 1...whole.count).contains(part.count))
  }

  @Test func missingAndUnknownAnswersAreNamed() throws {
    let score = try Fixtures.score(.seedBench, "seed_bench/answers/missing/merge.jsonl")
    #expect(try score.number("missing_answers", "count") > 0)
    let url = try Self.changed("seed_bench/answers/synthetic/merge.jsonl") {
      $0 += [$0[0], "{\"question_id\": \"nobody\", \"text\": \"A\"}"]
    }
    defer { try? FileManager.default.removeItem(at: url) }
    let more = try BenchmarkFolder(.seedBench, at: Fixtures.folder).score(AnswerFile(contentsOf: url))
    #expect(try more.details.object("unknown_answers").strings("first") == ["nobody"])
    #expect(try more.number("repeated_answers") == 1)
    #expect(throws: BenchmarkError.self) {
      let url = try Self.changed("pope/answers/synthetic.jsonl") {
        $0.append("{\"question_id\": -5, \"text\": \"no\"}")
      }
      defer { try? FileManager.default.removeItem(at: url) }
      _ = try BenchmarkFolder(.pope, at: Fixtures.folder).score(AnswerFile(contentsOf: url))
    }
  }

  @Test func brokenQuestionsAreRefusedOrCounted() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let table = """
      index\tquestion\thint\tA\tB\tC\tanswer\timage\textra
      0\tWhat?\tN/A\tred\tNone\tblue\tA\tAA==\tx
      one\tWhat?\t\tred\tblue\t\tB\tAA==\t
      2\tWhat?\tnan\tyes\tno\tnone\tB\t0
      3\tWhat?\t\t\t\t\t\t\t\t\t\t
      1000002\t"A ""big""\tone?"\thint\tno\tyes\tnan\tA\tAA==\t

      """
    try Data(table.utf8).write(to: folder.appending(path: "t.tsv"))
    let strict = try BenchmarkFolder(.mmbench, at: folder)
    let error = #expect(throws: BenchmarkError.self) { try strict.items() }
    #expect(error?.description.contains("row 3 ") == true)
    let lenient = try BenchmarkFolder(.mmbench, at: folder, lenient: true)
    let items = try lenient.items()
    #expect(items.map(\.id) == [.number(0), .number(2), .number(1_000_002)])
    #expect(lenient.rowFaults.count == 2)
    #expect(items[0].storedPrompt == "What?\nA. red")
    #expect(items[1].storedPrompt == "What?\nA. yes\nB. no")
    #expect(items[1].image == .base64("AA=="))
    #expect(items[2].storedPrompt == "hint\nA \"big\"\tone?\nA. no\nB. yes")
    let answers = AnswerFile(zip(items, ["A", "B", "no"]).map { AnswerRecord(to: $0, text: $1) })
    let score = try lenient.score(answers, ScoringOptions(isLenient: true))
    #expect(score.score == 100 && score.count == 2)
    #expect(try score.number("malformed_rows", "count") == 2)
  }

  @Test func brokenQuestionLinesAreRefusedOrCounted() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try VizWizSample.write(to: folder)
    let url = folder.appending(path: "llava_test.jsonl")
    try Data(try Data(contentsOf: url) + Data("{\"question_id\": 3}\n{\"que".utf8)).write(to: url)
    let error = #expect(throws: (any Error).self) { try BenchmarkFolder(.vizwiz, at: folder).items() }
    #expect("\(error.map { "\($0)" } ?? "")".contains("llava_test.jsonl:3"))
    let lenient = try BenchmarkFolder(.vizwiz, at: folder, lenient: true)
    #expect(try lenient.items().count == 2)
    #expect(lenient.rowFaults.count == 2)
  }

  @Test func vizWizValidationIsScored() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try VizWizSample.write(to: folder)
    let benchmark = try BenchmarkFolder(.vizwiz, at: folder)
    let answers = try VizWizSample.answers(benchmark)
    let error = #expect(throws: BenchmarkError.self) { try benchmark.score(answers) }
    guard case .noTruth? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    func entry(_ image: String, _ texts: [String]) -> JSONValue {
      [
        "image": JSONValue(image), "answer_type": "other",
        "answers": JSONValue(texts.map { ["answer": JSONValue($0)] }),
      ]
    }
    let truth = JSONValue([
      entry("a.jpg", ["red car", "Red car", "car"] + [String](repeating: "blue", count: 7)),
      entry("b.jpg", [String](repeating: "unanswerable", count: 10)),
    ])
    try Data(try truth.text().utf8).write(to: folder.appending(path: "val.json"))
    // Two of ten annotators agree: each of them sees one other, all others see two.
    let first = (2 * 1.0 / 3 + 8 * 2.0 / 3) / 10
    #expect(isClose(try benchmark.score(answers).score, (first + 1) / 2 * 100))
  }
}
