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
    let tokenizer = try Fixtures.sentencePiece("sp-bpe")
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
      #expect(try prompt.utf8.elementsEqual(example.string("prompt").utf8), place)
      if let ids = try example.optionalInts("ids_sp_bpe") {
        #expect(template.encode(prompt, tokenizer: tokenizer) == ids, place)
      }
      compared.insert(template.name)
    }
    #expect(compared == Set(ConversationTemplate.all.map(\.name)).subtracting(["llava_hf"]))
  }

  @Test func templatesAreThoseOfTheOriginals() throws {
    let originals = try Fixtures.object("conversations.json").object("templates")
    for template in ConversationTemplate.all {
      for (key, value) in originals where key.hasSuffix("/\(template.name)") {
        let original = try #require(value.object)
        #expect(try template.system == original.string("system"), "\(key)")
        #expect(try template.roles == original.strings("roles"), "\(key)")
        let stop = try original.string("stop_str")
        #expect(template.stopStrings == (stop.isEmpty ? [] : [stop]), "\(key)")
      }
    }
  }

  @Test func templateWithoutSystemTextBeginsWithTheRole() throws {
    let messages = [ConversationMessage(.user, "<image>\nWhy?"), ConversationMessage(.assistant, nil)]
    #expect(try ConversationTemplate.llavaHuggingFace.prompt(messages) == "USER: <image>\nWhy? ASSISTANT:")
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
