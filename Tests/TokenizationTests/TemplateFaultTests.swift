import Foundation
import Testing

@testable import Tokenization

/// Templates whose words a tokenizer does not know are told of; those that belong to it are not.
@Suite struct TemplateFaultTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  private func faults(_ template: String, _ tokenizer: String) throws -> [String] {
    let tokenizer = try TokenizerFolder.load(Self.root.appendingPathComponent(tokenizer))
    return try ConversationTemplate.named(template).faults(with: tokenizer)
  }

  @Test(arguments: [
    ("vicuna_v1", "models/pocket"), ("llava_hf", "models/pocket"),
    ("vicuna_v1", "Tests/Fixtures/tokenizers/sp-bpe"), ("llava_llama_2", "Tests/Fixtures/tokenizers/sp-bpe"),
    ("qwen_2_5", "Tests/Fixtures/tokenizers/bbpe-qwen2"),
    ("qwen2_vl", "Tests/Fixtures/tokenizers/bbpe-qwen2"),
    ("llama_3_instruct", "Tests/Fixtures/tokenizers/bbpe-llama3"), ("plain", "models/pocket"),
  ]) func templatesOfTheirTokenizersAreFine(_ template: String, _ tokenizer: String) throws {
    #expect(try faults(template, tokenizer) == [])
  }

  @Test(arguments: [
    ("mpt", "models/pocket", "<|im_end|>"), ("qwen_1_5", "models/pocket", "<|im_end|>"),
    ("gemma", "models/pocket", "<end_of_turn>"),
    ("llama_3_instruct", "Tests/Fixtures/tokenizers/bbpe-qwen2", "<|"),
    ("qwen_2_5", "Tests/Fixtures/tokenizers/sp-bpe", "<|im_end|>"),
  ]) func templatesOfOtherTokenizersAreToldOf(_ template: String, _ tokenizer: String, _ word: String) throws
  {
    let faults = try faults(template, tokenizer)
    #expect(faults.count == 1 && faults[0].contains(template) && faults[0].contains(word), "\(faults)")
  }

  @Test func wordsThatATokenizerCannotReadAreToldOf() throws {
    let template = ConversationTemplate(
      name: "odd", style: .two, system: "", roles: ["質問", "答え"], separator: " ")
    let tokenizer = try TokenizerFolder.load(
      Self.root.appendingPathComponent("Tests/Fixtures/tokenizers/sp-unigram"))
    let faults = template.faults(with: tokenizer)
    #expect(faults.count == 1 && faults[0].contains("質問"), "\(faults)")
  }
}
