import Foundation
import RunTesting
import StrictJSON
import Testing
import Tokenization

@testable import Training

/// Ids and labels of LLaVA's training code over its file format (`Tests/Fixtures/training/instructions`).
@Suite struct InstructionTests {
  private static let fixtures = TinyRun.repository.appending(path: "Tests/Fixtures")
  private static let folder = fixtures.appending(path: "training/instructions")

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let file: String
    let template: String
    let tokenizer: String
    var isLegacy = true
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "plain", file: "pretrain", template: "plain", tokenizer: "sp-bpe"),
    Case(name: "vicuna_v1", file: "finetune", template: "vicuna_v1", tokenizer: "sp-bpe"),
    Case(name: "llava_llama_2", file: "finetune", template: "llava_llama_2", tokenizer: "sp-bpe"),
    Case(name: "mpt_chatml", file: "finetune", template: "mpt", tokenizer: "sp-bpe"),
    Case(name: "v0_single", file: "finetune", template: "v0", tokenizer: "sp-bpe"),
    Case(name: "plain_nonlegacy", file: "pretrain", template: "plain", tokenizer: "sp-bpe", isLegacy: false),
    Case(
      name: "vicuna_v1_nonlegacy", file: "finetune", template: "vicuna_v1", tokenizer: "sp-bpe",
      isLegacy: false),
    Case(name: "mpt_chatml_bbpe_qwen2", file: "finetune", template: "mpt", tokenizer: "bbpe-qwen2"),
  ]

  private static func tokenizer(_ item: Case) throws -> any TextTokenizer {
    let folder = fixtures.appending(path: "tokenizers/\(item.tokenizer)")
    guard !item.isLegacy else { return try TokenizerFolder.load(folder) }
    // The same model, whose configuration says that it is of the newer kind.
    let copy = FileManager.default.temporaryDirectory.appending(path: "gamma-mod-tests-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: folder, to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    try Data(#"{"legacy": false}"#.utf8).write(to: copy.appending(path: "tokenizer_config.json"))
    try FileManager.default.removeItem(at: copy.appending(path: "tokenizer.json"))
    return try TokenizerFolder.load(copy)
  }

  private static func texts(_ item: Case, _ expected: JSONObject) throws -> [LabelledText] {
    let tokenizer = try tokenizer(item)
    let template = try ConversationTemplate.named(item.template)
    return try InstructionSample.read(folder.appending(path: "\(item.file).json")).map {
      try LabelledText(
        $0, template: template, tokenizer: tokenizer, maximalLength: expected.int("model_max_length"),
        padID: expected.int("pad_token_id"))
    }
  }

  private static func expected(_ item: Case) throws -> JSONObject {
    try JSONObject.read(contentsOf: folder.appending(path: "expected.json")).object("results").object(
      item.name)
  }

  @Test(arguments: cases) func idsAndLabelsAreTheOriginals(_ item: Case) throws {
    let expected = try Self.expected(item)
    let items = try expected.objects("items")
    let texts = try Self.texts(item, expected)
    #expect(texts.count == items.count)
    for (text, item) in zip(texts, items) {
      let kind = try item.string("kind")
      #expect(try text.ids == item.ints("input_ids"), "\(kind)")
      var labels = [Bool](repeating: false, count: text.ids.count)
      for span in try item.array("label_spans") {
        let ends = (span.array ?? []).compactMap(\.int)
        for place in ends[0]..<min(ends[1], labels.count) { labels[place] = true }
      }
      #expect(text.isLabel == labels, "\(kind)")
      let warning = try item.optionalString("warning")
      let own = text.mismatch.map { "WARNING: tokenization mismatch: \($0.turns) vs. \($0.whole). (ignored)" }
      #expect(own == warning, "\(kind)")
    }
  }

  /// What the original's collator pads, without the padding.
  @Test(arguments: cases) func batchesHoldTheCutTexts(_ item: Case) throws {
    let expected = try Self.expected(item)
    let pad = try expected.int("pad_token_id")
    var texts = try Self.texts(item, expected)[...]
    for batch in try expected.objects("batches") {
      for row in try batch.array("input_ids").map({ ($0.array ?? []).compactMap(\.int) }) {
        let next = texts.popFirst()
        let text = try #require(next).cut()
        #expect(Array(row.prefix(text.ids.count)) == text.ids)
        #expect(row.dropFirst(text.ids.count).allSatisfy { $0 == pad })
      }
    }
  }

  /// The pocket model learns conversations of a file: dense and routed, text alone and pictures, with and without a stop.
  @Test func modelsLearnFromConversations() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder.appending(path: "data")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let picture = TinyRun.repository.appending(path: "demo/1.png")
    try FileManager.default.copyItem(at: picture, to: folder.appending(path: "1.png"))
    let data = folder.appending(path: "data.json")
    let text = """
      [{"id": 1, "image": "1.png", "conversations": [
         {"from": "human", "value": "What color is the circle?\\n<image>"}, {"from": "gpt", "value": "red"},
         {"from": "human", "value": "Is there a star?"}, {"from": "gpt", "value": "No"}]},
       {"id": "two", "conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "blue"}]},
       {"id": "three", "image": "1.png", "conversations": [
         {"from": "human", "value": "<image>\\nHow many?"}, {"from": "gpt", "value": "3"}]}]
      """
    try text.write(to: data, atomically: true, encoding: .utf8)
    let model = TinyRun.repository.appending(path: "models/pocket-gamma").path
    var keys: [String: JSONValue] = [
      "model": .string(model), "tokenizer": .string(model), "data": .string(data.path),
      "pictures_per_step": 3,
      "steps": 6, "learning_rate": 0.001, "warmup_steps": 0, "validation_pictures": 3,
      "validation_data": .string(data.path), "validate_every": 6,
    ]
    let run = try tiny.configuration("talk", stage: "instruct", keys)
    let losses = try tiny.losses(run)
    #expect(try #require(losses.last) < 0.5 * losses[0], "\(losses)")
    #expect(try tiny.log(run).allSatisfy { $0["mismatches"] == nil && $0["router"] != nil })

    keys["output"] = .string(tiny.output("again").path)
    let again = try tiny.configuration("again", stage: "instruct", keys)
    var asked = 0
    try again.train(
      resume: false, threads: 1,
      shouldStop: {
        asked += 1
        return asked > 2
      }, report: { _ in })
    try again.train(
      resume: true, threads: 2, report: { _ in })
    #expect(try tiny.log(again).map { try $0.double("loss") } == losses)

    try FileManager.default.removeItem(at: folder.appending(path: "1.png"))
    keys["output"] = .string(tiny.output("missing").path)
    let missing = try tiny.configuration("missing", stage: "instruct", keys)
    #expect(throws: (any Error).self) {
      try missing.train(
        resume: false, threads: 1, report: { _ in })
    }
  }

  @Test(arguments: [
    #"{}"#, #"[]"#, #"[3]"#, #"[{"conversations": []}]"#, #"[{"conversations": [{"from": "human"}]}]"#,
  ]) func malformedFilesAreRefused(_ text: String) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "gamma-mod-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: url) }
    try text.write(to: url, atomically: true, encoding: .utf8)
    #expect(throws: (any Error).self) { try InstructionSample.read(url) }
  }

  @Test func turnsMustAlternate() throws {
    let sample = InstructionSample(
      name: "s", image: nil,
      sentences: [.init(speaker: "human", text: "a"), .init(speaker: "human", text: "b")])
    let tokenizer = try Self.tokenizer(Self.cases[1])
    #expect(throws: TrainingError.self) {
      try LabelledText(sample, template: .vicunaV1, tokenizer: tokenizer, maximalLength: 10, padID: 0)
    }
    #expect(throws: TrainingError.self) {
      try LabelledText(sample, template: .smolVLM, tokenizer: tokenizer, maximalLength: 10, padID: 0)
    }
  }

  @Test func lengthsCountWordsAndPictures() throws {
    for item in [Self.cases[0], Self.cases[1]] {
      let expected = try Self.expected(item)
      let samples = try InstructionSample.read(Self.folder.appending(path: "\(item.file).json"))
      #expect(try samples.map { $0.wordCount() } == expected.ints("lengths"))
      let signed = samples.map { ($0.image == nil ? -1 : 1) * $0.wordCount(pictureWords: 0) }
      #expect(try signed == expected.ints("modality_lengths"))
    }
  }
}
