import Foundation
import StrictJSON
import Testing

@testable import Tokenization

struct ConversationTemplateTests {
  /// Templates of a code base whose name another code base uses for something else.
  private static func template(_ example: JSONObject) throws -> ConversationTemplate? {
    let name = try example.string("template")
    return ConversationTemplate.all.first { $0.name == name }
  }

  @Test func promptsAndIdsAreThoseOfTheOriginals() throws {
    let tokenizers = [
      "ids_sp_bpe": try Fixtures.sentencePiece("sp-bpe") as any TextTokenizer,
      "ids_sp_bpe_nonlegacy_slow": try Fixtures.sentencePiece("sp-bpe", isLegacy: false),
      "ids_bbpe_qwen2": try TokenizerFolder.load(Fixtures.folder.appendingPathComponent("bbpe-qwen2")),
      "ids_bbpe_llama3": try TokenizerFolder.load(Fixtures.folder.appendingPathComponent("bbpe-llama3")),
    ]
    var counts: [String: Int] = [:]
    var compared: Set<String> = []
    for example in try Fixtures.object("conversations.json").objects("cases") {
      guard let template = try Self.template(example) else { continue }
      let place: Comment = "\(template.name) \(try example.string("case"))"
      let messages = try example.array("messages").map(ConversationMessage.init)
      if example["error"] != nil {
        #expect(throws: TokenizationError.self, place) { try template.prompt(messages) }
        continue
      }
      let prompt = try template.prompt(messages)
      #expect(try prompt.string.utf8.elementsEqual(example.string("prompt").utf8), place)
      counts["prompt", default: 0] += 1
      for (key, tokenizer) in tokenizers {
        guard let value = example[key] else { continue }
        // A string says that the ids are those of the legacy rules.
        let ids = try example.ints(value.string == nil ? key : "ids_sp_bpe")
        #expect(prompt.ids(tokenizer) == ids, place)
        counts[key, default: 0] += 1
      }
      compared.insert(template.name)
    }
    #expect(
      counts == [
        "prompt": 324, "ids_sp_bpe": 264, "ids_sp_bpe_nonlegacy_slow": 264, "ids_bbpe_qwen2": 60,
        "ids_bbpe_llama3": 15,
      ])
    #expect(
      compared
        == Set(ConversationTemplate.all.map(\.name)).subtracting(
          ConversationTemplate.all.filter { $0.style == .turns }.map(\.name) + ["llava_hf"]))
  }

  @Test func templatesAreThoseOfTheOriginals() throws {
    let originals = try Fixtures.object("conversations.json").object("templates")
    for template in ConversationTemplate.all {
      for (key, value) in originals where key.hasSuffix("/\(template.name)") {
        let original = try #require(value.object)
        #expect(try template.systemText.string == original.string("system"), "\(key)")
        #expect(try template.roles == original.strings("roles"), "\(key)")
        let stop = try original.string("stop_str")
        #expect(template.stopStrings == (stop.isEmpty ? [] : [stop]), "\(key)")
      }
    }
  }

  @Test func templateWithoutSystemTextBeginsWithTheRole() throws {
    let messages = [ConversationMessage(.user, "Why?", pictures: 1), ConversationMessage(.assistant, nil)]
    #expect(
      try ConversationTemplate.llavaHuggingFace.prompt(messages).string == "USER: <image>\nWhy? ASSISTANT:")
  }

  /// What the chat templates of the models' own repositories give for the same conversation.
  @Test(arguments: [
    (
      "qwen2_vl", "<|im_end|>",
      "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        + "<|im_start|>user\n<|vision_start|><image><|vision_end|>Why?<|im_end|>\n"
        + "<|im_start|>assistant\nSo.<|im_end|>\n<|im_start|>user\n And? <|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "qwen3_vl", "<|im_end|>",
      "<|im_start|>user\n<|vision_start|><image><|vision_end|>Why?<|im_end|>\n"
        + "<|im_start|>assistant\nSo.<|im_end|>\n<|im_start|>user\n And? <|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "gemma_3", "<end_of_turn>",
      "<start_of_turn>user\n<image>Why?<end_of_turn>\n"
        + "<start_of_turn>model\nSo.<end_of_turn>\n<start_of_turn>user\nAnd?<end_of_turn>\n<start_of_turn>model\n"
    ),
    (
      "lfm2", "<|im_end|>",
      "<|im_start|>user\n<image>Why?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n"
        + "<|im_start|>user\n And? <|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "llava_onevision", "<|im_end|>",
      "<|im_start|>user <image>\nWhy?<|im_end|><|im_start|>assistant \nSo.<|im_end|>"
        + "<|im_start|>user \n And? <|im_end|><|im_start|>assistant\n"
    ),
    (
      "smolvlm", "<end_of_utterance>",
      "<|im_start|>User:<image>Why?<end_of_utterance>\nAssistant: So.<end_of_utterance>\n"
        + "User:  And? <end_of_utterance>\nAssistant:"
    ),
    (
      "llama_3_instruct", "<|eot_id|>",
      "<|start_header_id|>user<|end_header_id|>\n\n<image>\nWhy?<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\nSo.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    ("mistral", "</s>", "[INST] <image>\nWhy? [/INST] So.</s>[INST]  And?  [/INST]"),
    ("pixtral", "</s>", "[INST]<image>Why?[/INST]So.</s>[INST] And? [/INST]"),
    (
      "internvl", "<|im_end|>",
      "<|im_start|>user\n<image>\nWhy?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n"
        + "<|im_start|>user\n And? <|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "internvl2_5", "<|im_end|>",
      "<|im_start|>system\n你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。<|im_end|>\n"
        + "<|im_start|>user\n<image>\nWhy?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n"
        + "<|im_start|>user\n And? <|im_end|>\n<|im_start|>assistant\n"
    ),
  ])
  func newerModelsHaveTheirOwnTurns(name: String, stop: String, expected: String) throws {
    let template = try ConversationTemplate.named(name)
    for first in [
      ConversationMessage(.user, parsing: "<image>\nWhy?"),
      ConversationMessage(.user, parsing: "<image>Why?"),
      ConversationMessage(.user, parsing: "Why?", hasImage: true),
      ConversationMessage(.user, "Why?", pictures: 1),
    ] {
      let messages = [
        first, ConversationMessage(.assistant, "So."), ConversationMessage(.user, " And? "),
        ConversationMessage(.assistant, nil),
      ]
      #expect(try template.prompt(messages).string == expected)
    }
    #expect(template.stopStrings == [stop])
  }

  @Test func tilesOfAPictureAreWrittenOut() throws {
    let prompt = PromptText(parsing: "<|im_start|>User:<image><image>Why?<end_of_utterance>\nAssistant:")
    let grids = [PictureGrid(rows: 1, columns: 2), PictureGrid(rows: 0, columns: 0)]
    let around = "<fake_token_around_image>"
    #expect(
      try ConversationTemplate.smolVLM.tilingPictures(in: prompt, grids: grids).string
        == "<|im_start|>User:\(around)<row_1_col_1><image>\(around)<row_1_col_2><image>\n"
        + "\n\(around)<global-img><image>\(around)\(around)<global-img><image>\(around)"
        + "Why?<end_of_utterance>\nAssistant:")
    #expect(
      try ConversationTemplate.lfm2.tilingPictures(in: PromptText(parsing: "<image><image>"), grids: grids)
        .string
        == "<|image_start|><|img_row_1_col_1|><image><|img_row_1_col_2|><image><|img_thumbnail|><image><|image_end|>"
        + "<|image_start|><image><|image_end|>")
    let picture = PromptText(parsing: "a<image>b")
    for (template, expected) in [
      (ConversationTemplate.internVL, "a<img><image></img>b"),
      (.internVLChat, "a<img><image></img>b"),
      (.gemma3, "a\n\n<start_of_image><image><end_of_image>\n\nb"),
      (.pixtral, "a<image>[IMG_BREAK]<image>[IMG_END]b"),
    ] {
      let grid = PictureGrid(rows: 2, columns: 3)
      #expect(try template.tilingPictures(in: picture, grids: [grid]).string == expected)
    }
    #expect(throws: TokenizationError.self) {
      try ConversationTemplate.smolVLM.tilingPictures(in: prompt, grids: [])
    }
    #expect(try ConversationTemplate.qwen2VL.tilingPictures(in: prompt, grids: grids) == prompt)
  }

  @Test func unknownNamesAndImpossibleConversationsAreErrors() {
    #expect(throws: TokenizationError.self) { try ConversationTemplate.named("vicuna_v2") }
    #expect(throws: TokenizationError.self) { try ConversationTemplate.llama2Chat.prompt([]) }
  }

  @Test func turnsAreReadFromObjectsTooAndOtherValuesRefused() throws {
    let turn: JSONValue = ["role": "assistant", "content": nil]
    #expect(try ConversationMessage(turn) == ConversationMessage(.assistant, nil))
    for wrong: JSONValue in [[2, "a"], [0], [0, 1], "user", ["role": "system", "content": "a"]] {
      #expect(throws: TokenizationError.self, "\(wrong)") { try ConversationMessage(wrong) }
    }
  }
}
