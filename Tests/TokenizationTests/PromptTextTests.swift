import Testing

@testable import Tokenization

struct PromptTextTests {
  @Test func partsAreJoinedAndTrimmed() {
    let text = PromptText.control(" a") + .control("b ") + .text("") + .tokens([]) + .picture + .picture
    #expect(text.parts == [.control(" ab "), .picture, .picture])
    #expect(text.string == " ab <image><image>" && text.pictureCount == 2)
    #expect((PromptText.text(" ") + .control("\n") + .text(" a ") + .control(" ")).trimmed() == .text("a"))
    #expect((PromptText.text(" ") + .picture + .text(" ")).trimmed() == .picture)
    #expect((PromptText.text(" ") + .tokens([1]) + .text(" x\u{301} ")).trimmed().parts.count == 2)
    #expect(PromptText.text(" \n").trimmed().isEmpty)
    #expect(PromptText(parsing: "<image>a<image>").parts == [.picture, .control("a"), .picture])
    #expect(PromptText.text("<image>").parts == [.text("<image>")])
  }

  /// Another system text in each style's own way.
  @Test(arguments: [
    ("vicuna_v1", "Be brief. USER: Hi ASSISTANT:"), ("llava_hf", "Be brief. USER: Hi ASSISTANT:"),
    ("llava_v0", "Be brief.###Human: Hi###Assistant:"),
    (
      "mpt",
      "<|im_start|>system\nBe brief.<|im_end|><|im_start|>user\nHi<|im_end|><|im_start|>assistant\n"
    ),
    ("phi3_instruct", "<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\n"),
    (
      "qwen_1_5",
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "qwen2_vl",
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    ),
    (
      "llava_onevision",
      "<|im_start|>system \nBe brief.<|im_end|><|im_start|>user \nHi<|im_end|><|im_start|>assistant\n"
    ),
    (
      "smolvlm",
      "<|im_start|>System: Be brief.<end_of_utterance>\nUser: Hi<end_of_utterance>\nAssistant:"
    ),
    (
      "llama_3_instruct",
      "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi"
        + "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    ("mistral", "[INST] Be brief.\n\nHi [/INST]"),
    ("gemma", "<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n"),
    ("llama_2", "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]"),
    ("mistral_instruct", "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]"),
  ])
  func systemTextIsReplaced(name: String, expected: String) throws {
    let template = try ConversationTemplate.named(name).withSystem("Be brief.")
    let prompt = try template.prompt([ConversationMessage(.user, "Hi"), ConversationMessage(.assistant, nil)])
    #expect(prompt.string == expected)
    #expect(prompt.parts.contains(.text("Be brief.")) || prompt.parts.contains(.text("Be brief.\n\nHi")))
    // Once, in front of the first turn.
    let longer = try template.prompt([
      ConversationMessage(.user, "Hi"), ConversationMessage(.assistant, "Ho"),
      ConversationMessage(.user, "Hm"),
      ConversationMessage(.assistant, nil),
    ])
    #expect(longer.string.pieces(around: "Be brief.").count == 2)
  }
}
