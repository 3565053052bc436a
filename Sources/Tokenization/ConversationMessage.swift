/// One turn of a conversation.
package struct ConversationMessage: Sendable, Equatable {
  package enum Role: Int, Sendable {
    case user = 0
    case assistant = 1
  }

  package var role: Role
  /// What is said, pictures included; nil for the turn that the model is to write.
  package var content: PromptText?
  /// The first turn has a picture in front of its text, whether or not the content says so.
  package var hasImage = false

  /// A turn of plain text: whatever it spells stays text.
  /// - Parameter pictures: How many pictures stand in front of it, each on a line of its own.
  package init(_ role: Role, _ text: String?, pictures: Int = 0) {
    self.init(role, content: text.map { .pictures(pictures) + .text($0) })
  }

  package init(_ role: Role, content: PromptText?) {
    self.role = role
    self.content = content
  }

  /// A turn as the original code bases read it: `<image>` stands for a picture, and special tokens may be spelt.
  package init(_ role: Role, parsing text: String?, hasImage: Bool = false) {
    self.init(role, content: text.map(PromptText.init(parsing:)))
    self.hasImage = hasImage
  }
}
