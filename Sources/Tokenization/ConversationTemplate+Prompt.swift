extension ConversationTemplate {
  /// The prompt of a conversation.
  ///
  /// - Throws: ``TokenizationError`` if the style cannot write this conversation.
  package func prompt(_ messages: [ConversationMessage]) throws -> PromptText {
    let messages = placingImages(presetMessages + messages)
    if style == .llama2 { return try llama2Prompt(messages) }
    if style == .plain, assistantSeparator == nil,
      messages.contains(where: { $0.role == .assistant && !$0.text.isEmpty })
    {
      throw TokenizationError.invalidConversation(
        template: name, reason: "it has no separator for a finished turn of the assistant")
    }
    var prompt = PromptText.control(style == .turns ? turns.opening : "")
    if systemStandsInFront { prompt += systemText + .control(systemEnd) }
    for (index, message) in messages.enumerated() {
      let words = words(of: message.role, isAnswer: index % 2 == 1)
      if message.text.isEmpty {
        prompt += .control(words.open)
      } else if message.isGenerated {
        // The answer goes on from where the model began it.
        prompt += .control(words.open) + message.text + .control(words.end)
      } else {
        prompt += .control(words.start)
        if index == 0, !systemStandsInFront, !system.isEmpty { prompt += system + .control("\n\n") }
        prompt += (style == .turns ? turns.content(message.text) : message.text) + .control(words.end)
      }
    }
    return prompt
  }

  /// The system text with what opens it.
  var systemText: PromptText { system.isEmpty ? system : .control(systemOpening) + system }

  /// Gemma and Mistral know no turn of the system.
  private var systemStandsInFront: Bool { style != .gemma && turns.opensWithSystem }

  private var systemEnd: String {
    switch style {
    case .roleTextSeparator: separator
    case .plain, .gemma, .llama2: ""
    case .two, .single, .turns: system.isEmpty ? "" : separator
    case .chatML: system.isEmpty ? "" : separator + "\n"
    }
  }

  /// The template's words around a turn.
  private struct TurnWords {
    /// Invites the model to speak.
    var open: String
    /// In front of a text that is there.
    var start: String
    var end: String
  }

  private func words(of role: ConversationMessage.Role, isAnswer: Bool) -> TurnWords {
    let end = isAnswer ? assistantSeparator ?? separator : separator
    let role = roles[role.rawValue]
    return switch style {
    case .two, .single: TurnWords(open: "\(role):", start: "\(role): ", end: end)
    case .roleTextSeparator: TurnWords(open: role, start: role, end: end)
    case .chatML: TurnWords(open: "\(role)\n", start: "\(role)\n", end: "\(end)\n")
    case .turns: TurnWords(open: turns.openAnswer ?? role, start: role, end: end)
    case .gemma:
      TurnWords(
        open: "<start_of_turn>\(role)\n", start: "<start_of_turn>\(role)\n", end: "<end_of_turn>\n\(end)")
    case .plain: TurnWords(open: "", start: "", end: end)
    case .llama2:
      isAnswer
        ? TurnWords(open: "", start: " ", end: " \(end)")
        : TurnWords(open: "", start: "\(end)[INST] ", end: " [/INST]")
    }
  }

  private func llama2Prompt(_ messages: [ConversationMessage]) throws -> PromptText {
    guard let first = messages.first, first.role == .user, !first.text.isEmpty else {
      throw TokenizationError.invalidConversation(
        template: name, reason: "it must begin with a turn of the user")
    }
    var prompt = PromptText()
    for (index, message) in messages.enumerated() where !message.text.isEmpty {
      let words = words(of: message.role, isAnswer: index % 2 == 1)
      if index % 2 == 1, message.isGenerated {
        prompt += message.text + .control(assistantSeparator ?? separator)
        continue
      }
      prompt += .control(words.start)
      if index == 0, !system.isEmpty {
        prompt += .control("<<SYS>>\n") + system + .control("\n<</SYS>>\n\n")
      }
      prompt += message.text + .control(words.end)
    }
    // The original strips the characters of the separator, not the separator.
    return prompt.dropping { separator.unicodeScalars.contains($0) }
  }

  /// Writes out the pictures of messages that have one beside their text: that of the first message in every style,
  /// those of later messages only in ChatML.
  private func placingImages(_ messages: [ConversationMessage]) -> [ConversationMessage] {
    var messages = messages
    if style == .chatML {
      for index in messages.indices.dropFirst() where messages[index].hasImage {
        messages[index].content = .picture + messages[index].text
      }
    }
    guard let first = messages.first, first.hasImage else { return messages }
    let text = first.text.withoutPictures.trimmed()
    if tagsImage {
      let picture = PromptText.control("<Image>") + .picture + .control("</Image>")
      messages[0].content = text
      messages.insert(ConversationMessage(.user, content: picture), at: 0)
      messages.insert(ConversationMessage(.assistant, "Received."), at: 1)
    } else {
      messages[0].content = .picture + .control("\n") + text
    }
    return messages
  }
}

extension ConversationMessage {
  fileprivate var text: PromptText { content ?? PromptText() }

  /// Whether the model itself wrote the turn.
  fileprivate var isGenerated: Bool {
    if case .tokens? = content?.parts.first { return true }
    return false
  }
}
