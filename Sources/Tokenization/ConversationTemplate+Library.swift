extension ConversationTemplate {
  /// The template called `name`.
  ///
  /// - Throws: ``TokenizationError`` if there is none.
  package static func named(_ name: String) throws -> ConversationTemplate {
    guard let template = all.first(where: { $0.name == name }) else {
      throw TokenizationError.unknownTemplate(name: name, known: all.map(\.name))
    }
    return template
  }

  /// All templates, under the names that the original code bases give them, where they have one.
  package static let all = [
    vicunaV1, v1, llavaHuggingFace, llavaV1, imgspV1, phi2, llavaV0, v0, v0MMTag, v1MMTag, plain, llama2Chat,
    llavaLlama2, mistralInstruct, siyuan, mpt, chatMLDirect, qwen15, qwen25, phi3Instruct, llama3, gemmaIT,
    qwen2VL, qwen3VL, llavaOneVision, smolVLM, llama3Instruct, mistral, internVL, internVLChat, pixtral,
    gemma3,
    lfm2,
  ]
}
