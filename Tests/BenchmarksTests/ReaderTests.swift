import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

@Suite struct ReaderTests {
  @Test func answersAreNormalisedAsOfficially() throws {
    for entry in try Fixtures.object("vqa_normalisation.json").objects("cases") {
      let input = try entry.string("input")
      #expect(VQANormaliser.submission(input).string == (try entry.string("evalai")), "\(input)")
      #expect(VQANormaliser.prediction(input).string == (try entry.string("vqa_full")), "\(input)")
      let punctuation = VQANormaliser.withoutPunctuation(VQANormaliser.onOneLine(ScalarText(input)))
      #expect(punctuation.string == (try entry.string("vqa_punct")), "\(input)")
    }
  }

  @Test func promptsAreTheOfficialOnes() throws {
    var checked = 0
    for entry in try Fixtures.array("prompts.json") {
      let name = try entry.string("benchmark")
      let benchmark = try #require(Benchmark(rawValue: name == "seed" ? "seed-bench" : name))
      let items = try BenchmarkFolder(benchmark, at: Fixtures.folder).items()
      let id = try QuestionID.read(entry, "question_id")
      let stored = try entry.string("stored_prompt")
      let item = try #require(items.first { $0.id == id && $0.storedPrompt == stored })
      #expect(try entry.string("model_prompt").hasSuffix("USER: <image>\n\(item.prompt) ASSISTANT:"))
      checked += 1
    }
    #expect(checked == 28)
  }

  @Test func scienceQAPromptsAreTheOfficialOnes() throws {
    let folder = try BenchmarkFolder(.scienceqa, at: Fixtures.folder)
    let items = try folder.items()
    #expect(try folder.items(rules: .gammaMoD).map(\.id) == items.filter { $0.image != nil }.map(\.id))
    for entry in try Fixtures.array("scienceqa/prompts.json") {
      let id = try entry.string("id")
      let item = try #require(items.first { $0.id.description == id })
      #expect(item.storedPrompt == (try entry.string("stored_prompt")))
      #expect((item.image != nil) == (try entry.bool("has_image")))
      let place = item.image == nil ? "" : "<image>\n"
      #expect(try entry.string("model_prompt").hasSuffix("USER: \(place)\(item.prompt) ASSISTANT:"))
    }
  }

  @Test func mmbenchPromptsAreTheOfficialOnes() throws {
    var folder = try BenchmarkFolder(.mmbench, at: Fixtures.folder)
    let (items, withoutLetter) = (try folder.items(), try folder.items(rules: .gammaMoD))
    let copy = FileManager.default.temporaryDirectory.appending(path: "\(UUID())_cn_20231003.tsv")
    defer { try? FileManager.default.removeItem(at: copy) }
    try FileManager.default.copyItem(
      at: Fixtures.folder.appending(path: "mmbench/mmbench_dev_20230712.tsv"), to: copy)
    folder.questionFile = copy
    let chinese = try folder.items()
    for entry in try Fixtures.array("mmbench/prompts.json") {
      let index = try entry.int("index")
      let item = try #require(items.first { $0.id == .number(index) })
      #expect(item.storedPrompt == (try entry.string("stored_prompt")))
      #expect(
        try entry.string("model_prompt_single_pred").hasSuffix("USER: <image>\n\(item.prompt) ASSISTANT:"))
      let plain = try #require(withoutLetter.first { $0.id == .number(index) }).prompt
      #expect(
        try entry.string("model_prompt_without_flag").hasSuffix("USER: <image>\n\(plain) ASSISTANT:"))
      let chinese = try #require(chinese.first { $0.id == .number(index) }).prompt
      #expect(try entry.string("model_prompt_cn").hasSuffix("USER: <image>\n\(chinese) ASSISTANT:"))
      #expect(try #require(try item.image?.decodedText(limit: 1 << 20)).starts(with: [0xFF, 0xD8]))
    }
  }

  @Test func answersSurviveAFile() throws {
    let item = BenchmarkItem(id: .text("a/1"), image: nil, prompt: "What?", options: ["red", "blue"])
    let answers = AnswerFile([AnswerRecord(to: item, text: "A \"quoted\"\nline")])
    let url = FileManager.default.temporaryDirectory.appending(path: "answers-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(try answers.text().utf8).write(to: url)
    let read = try AnswerFile(contentsOf: url)
    #expect(read.records == answers.records)
    #expect(!read.isConverted)
  }

  @Test func aMissingBenchmarkIsNamed() throws {
    #expect(throws: BenchmarkError.self) {
      try BenchmarkFolder(.vizwiz, at: Fixtures.folder.appending(path: "nowhere"))
    }
    let folder = try BenchmarkFolder(.vizwiz, at: Fixtures.folder)
    let error = #expect(throws: BenchmarkError.self) { try folder.items() }
    #expect(error?.description.contains("llava_*.jsonl") == true)
  }
}
