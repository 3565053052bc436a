import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

/// Files for servers equal those of the official converters.
@Suite struct SubmissionTests {
  private static func written(
    _ benchmark: Benchmark, _ answers: [String], name: String = "out.json"
  ) throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID())-\(name)")
    let files = answers.map { Fixtures.folder.appending(path: $0) }
    try BenchmarkFolder(benchmark, at: Fixtures.folder)
      .writeSubmission(try AnswerFile(merging: files), to: url)
    return url
  }

  private static func value(_ benchmark: Benchmark, _ answers: String) throws -> JSONValue {
    let url = try written(benchmark, [answers])
    defer { try? FileManager.default.removeItem(at: url) }
    return try JSONValue.read(contentsOf: url)
  }

  @Test(arguments: [
    (
      Benchmark.vqav2, "vqav2/answers/llava_vqav2_mscoco_test-dev2015/synthetic/merge.jsonl",
      "vqav2/answers_upload/llava_vqav2_mscoco_test-dev2015/synthetic.json"
    ),
    (
      .gqa, "gqa/answers/llava_gqa_testdev_balanced/synthetic/merge.jsonl",
      "gqa/data/testdev_balanced_predictions.json"
    ),
    (.mmVet, "mm-vet/answers/synthetic.jsonl", "mm-vet/results/synthetic.json"),
  ])
  func jsonIsTheOfficialOne(benchmark: Benchmark, answers: String, expected: String) throws {
    let official = try JSONValue.read(contentsOf: Fixtures.folder.appending(path: expected))
    #expect(try Self.value(benchmark, answers) == official)
  }

  @Test func seedBenchIsTheOfficialOne() throws {
    let url = try Self.written(.seedBench, ["seed_bench/answers/synthetic/merge.jsonl"])
    defer { try? FileManager.default.removeItem(at: url) }
    func rows(_ url: URL) throws -> [JSONValue] {
      var reader = try JSONLinesReader(url)
      var rows: [JSONValue] = []
      while let row = try reader.read() { rows.append(row) }
      return rows
    }
    #expect(try rows(url) == rows(Fixtures.folder.appending(path: "seed_bench/answers_upload.jsonl")))
    let missing = Fixtures.folder.appending(path: "seed_bench/answers/missing/merge.jsonl")
    let folder = try BenchmarkFolder(.seedBench, at: Fixtures.folder)
    #expect(throws: BenchmarkError.self) {
      try folder.writeSubmission(try AnswerFile(contentsOf: missing), to: url)
    }
  }

  @Test func mmeFilesAreTheOfficialOnesByteForByte() throws {
    let url = try Self.written(.mme, ["mme/answers/synthetic.jsonl"], name: "mme")
    defer { try? FileManager.default.removeItem(at: url) }
    let official = Fixtures.folder.appending(path: "mme/eval_tool/answers/synthetic")
    let names = try FileManager.default.contentsOfDirectory(atPath: official.path).sorted()
    #expect(try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() == names)
    #expect(names.count == 14)
    for name in names {
      let (ours, theirs) = (url.appending(path: name), official.appending(path: name))
      #expect(try Data(contentsOf: ours) == Data(contentsOf: theirs), "\(name)")
    }
  }

  @Test func mmbenchTableIsTheOfficialOne() throws {
    let folder = try BenchmarkFolder(.mmbench, at: Fixtures.folder)
    let answers = try AnswerFile(
      contentsOf: Fixtures.folder.appending(path: "mmbench/answers/mmbench_dev_20230712/synthetic.jsonl"))
    let table = try Submission(folder: folder, answers: answers, options: ScoringOptions()).mmbench()
    let expected = try Fixtures.object("mmbench/expected.json").object("submission")
    #expect(table.rows[0] == (try expected.strings("columns")))
    let rows = try expected.array("rows").map { row in
      (row.array ?? []).map { $0.string ?? $0.int.map { String($0) } ?? "" }
    }
    #expect(Array(table.rows.dropFirst()) == rows)
    #expect(TabSeparated.rows(table.data(format: "tsv")) == table.rows)
  }

  /// What unzip and a spreadsheet's reader rely on: sizes, checksums and places of the archive's files.
  @Test func workbookHoldsTheCells() throws {
    let table = AnswerTable(rows: [["index", "A"], ["7", "<b> & \"c\"\n"], ["8", ""]])
    let text = String(decoding: table.data(format: "xlsx"), as: UTF8.self)
    #expect(
      text.contains(
        "<row><c><v>7</v></c><c t=\"inlineStr\"><is><t xml:space=\"preserve\">&lt;b&gt; &amp; \"c\"\n</t>"))
    #expect(text.contains("<row><c><v>8</v></c><c/></row>"))
    var archive = StoredArchive()
    archive.add("a", "123456789")
    // The published check value of this checksum, then the size twice.
    let header: [UInt8] = [0x26, 0x39, 0xF4, 0xCB, 9, 0, 0, 0, 9, 0, 0, 0, 1, 0]
    #expect(archive.finished().firstRange(of: Data(header)) != nil)
  }

  /// Letters that are drawn are drawn alike, so that the file scores as the answers do.
  @Test func mmmuSubmissionScoresAsTheAnswersDo() throws {
    let world = FileManager.default.temporaryDirectory.appending(path: "mmmu-\(UUID())")
    defer { try? FileManager.default.removeItem(at: world) }
    try FileManager.default.createDirectory(at: world, withIntermediateDirectories: true)
    var (questions, truth) = ("", JSONObject())
    for index in 1...40 {
      let id = "validation_Art_\(index)"
      questions +=
        try JSONObject([
          ("id", JSONValue(id)), ("question", "Which?"), ("options", "['red', 'blue', 'green']"),
          ("question_type", "multiple-choice"),
        ]).text() + "\n"
      truth[id] = ["question_type": "multiple-choice", "ground_truth": "B"]
    }
    try Data(questions.utf8).write(to: world.appending(path: "mmmu_val.jsonl"))
    try Data(try truth.text().utf8).write(to: world.appending(path: "answer_dict_val.json"))
    let folder = try BenchmarkFolder(.mmmu, at: world)
    let texts = ["B", "no idea", "(C)"]
    let answers = AnswerFile(
      try folder.items().enumerated().map { AnswerRecord(to: $1, text: texts[$0 % texts.count]) })
    let out = world.appending(path: "out.json")
    try folder.writeSubmission(answers, to: out)
    let (raw, converted) = (try folder.score(answers), try folder.score(AnswerFile(contentsOf: out)))
    #expect(raw.score == converted.score && raw.count == 40)
    #expect(try raw.number("guesses") == 13)
  }

  @Test func vizWizIsNormalisedAndNamesPictures() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "vizwiz-\(UUID())")
    defer { try? FileManager.default.removeItem(at: url) }
    try VizWizSample.write(to: url)
    let folder = try BenchmarkFolder(.vizwiz, at: url)
    let answers = try VizWizSample.answers(folder)
    let out = url.appending(path: "out.json")
    try folder.writeSubmission(answers, to: out)
    #expect(
      try JSONValue.read(contentsOf: out) == [
        ["image": "a.jpg", "answer": "red car"], ["image": "b.jpg", "answer": "unanswerable"],
      ])
  }

  @Test func scoresMadeHereHaveNoSubmission() throws {
    #expect(throws: BenchmarkError.self) {
      try Self.written(.pope, ["pope/answers/synthetic.jsonl"])
    }
    #expect(throws: BenchmarkError.self) {
      try Self.written(.gqa, ["gqa/data/testdev_balanced_predictions.json"])
    }
  }
}

/// Two questions in VizWiz's layout.
enum VizWizSample {
  static func write(to url: URL) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let suffix =
      "\\nWhen the provided information is insufficient, respond with 'Unanswerable'."
      + "\\nAnswer the question using a single word or phrase."
    let lines = ["a", "b"].enumerated().map { index, name in
      "{\"question_id\": \(index), \"image\": \"\(name).jpg\", \"text\": \"What?\(suffix)\"}\n"
    }
    try Data(lines.joined().utf8).write(to: url.appending(path: "llava_test.jsonl"))
  }

  static func answers(_ folder: BenchmarkFolder) throws -> AnswerFile {
    AnswerFile(
      zip(try folder.items(), ["The red car.", "Unanswerable"]).map { AnswerRecord(to: $0, text: $1) })
  }
}
