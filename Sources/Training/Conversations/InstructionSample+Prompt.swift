internal import Tokenization

extension InstructionSample {
  /// The turns, with one `<image>` in front of each that has any.
  func texts(_ template: ConversationTemplate) -> [String] {
    image == nil ? sentences.map(\.text) : sentences.map { Self.placingImage($0.text, template) }
  }

  private static func placingImage(_ text: String, _ template: ConversationTemplate) -> String {
    let place = PromptText.pictureMark
    let pieces = text.pieces(around: place)
    guard pieces.count > 1 else { return text }
    let rest = pieces.joined().trimmed()
    let mark = template.tagsImage ? "<Image>\(place)</Image>" : place
    return rest.isEmpty ? mark : mark + "\n" + rest
  }

  /// The whole conversation as a template writes it.
  /// - Throws: `TrainingError` if the turns are not those of a conversation.
  func prompt(_ template: ConversationTemplate) throws -> String {
    var turns = Array(zip(sentences.map(\.speaker), texts(template)))
    if turns.first?.0 != "human" { turns.removeFirst() }
    let messages = try turns.enumerated().map { index, turn in
      let expected = index % 2 == 0 ? "human" : "gpt"
      guard turn.0 == expected else {
        throw TrainingError(
          "\(name): turn \(index) is from \"\(turn.0)\" where \"\(expected)\" should speak; turns alternate")
      }
      return ConversationMessage(index % 2 == 0 ? .user : .assistant, parsing: turn.1)
    }
    // Training shows no examples in front, and pictures where their marks are.
    var bare = template
    bare.presetMessages = []
    bare.tagsImage = false
    return try bare.prompt(messages).string
  }
}
