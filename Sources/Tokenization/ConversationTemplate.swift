/// How a conversation becomes one prompt: the words and separators a model was trained with, as data.
package struct ConversationTemplate: Sendable, Equatable {
  /// How turns are written. `role` is the role's name; a turn without text leaves only the role, for the model to go on.
  package enum Style: String, Sendable, CaseIterable {
    /// `system␣role: text␣role: text</s>`, user and assistant turns ending in a separator each.
    case two
    /// `system###role: text###`, one separator for all turns.
    case single
    /// Role, text and separator one after the other; the role carries its own line break.
    case roleTextSeparator
    /// As `roleTextSeparator`, with line breaks after role and separator.
    case chatML
    /// The texts alone.
    case plain
    /// `[INST] text [/INST] text </s>`, the system text within the first turn.
    case llama2
    /// The chat templates of newer models, see ``TurnFormat``.
    case turns
    /// `<start_of_turn>role`, text, `<end_of_turn>`.
    case gemma
  }

  package var name: String
  package var style: Style
  /// Stands in front of the system text, unless there is none.
  package var systemOpening: String
  /// What the model is told before the conversation.
  package var system: PromptText
  /// Names of the user's and the assistant's role, as the prompt writes them.
  package var roles: [String]
  package var separator: String
  /// The separator after an assistant's turn, where it differs.
  package var assistantSeparator: String?
  /// Messages that come before those of the conversation.
  package var presetMessages: [ConversationMessage]
  /// The first turn's image gets a turn of its own, between the tags `<Image>` and `</Image>`.
  package var tagsImage: Bool
  /// What else the style `turns` needs to know.
  package var turns: TurnFormat

  package init(
    name: String, style: Style, systemOpening: String = "", system: String, roles: [String],
    separator: String, assistantSeparator: String? = nil, presetMessages: [ConversationMessage] = [],
    tagsImage: Bool = false, turns: TurnFormat = TurnFormat()
  ) {
    self.name = name
    self.style = style
    self.systemOpening = systemOpening
    self.system = .control(system)
    self.roles = roles
    self.separator = separator
    self.assistantSeparator = assistantSeparator
    self.presetMessages = presetMessages
    self.tagsImage = tagsImage
    self.turns = turns
  }

  /// The template with another system text, which is a user's words: special tokens that it spells stay text.
  package func withSystem(_ text: String) -> ConversationTemplate {
    var template = self
    template.system = .text(turns.trimsText ? text.trimmed() : text)
    return template
  }

  /// The strings at which generation ends.
  package var stopStrings: [String] {
    let end = assistantSeparator ?? separator
    let stop = style == .turns ? end.trimmed() : style == .two ? end : separator
    return stop.isEmpty ? [] : [stop]
  }
}
