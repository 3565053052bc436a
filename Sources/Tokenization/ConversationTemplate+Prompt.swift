extension ConversationTemplate {
  /// Stands for a picture in the text of a message.
  package static let imagePlaceholder = "<image>"

  /// The prompt of a conversation.
  ///
  /// - Throws: ``TokenizationError`` if the style cannot write this conversation.
  package func prompt(_ messages: [ConversationMessage]) throws -> String {
    let messages = placingImages(presetMessages + messages)
    switch style {
    case .two, .single:
      return render(messages, prefix: system.isEmpty ? "" : system + separator) { role, text, end in
        text.isEmpty ? "\(role):" : "\(role): \(text)\(end)"
      }
    case .roleTextSeparator:
      return render(messages, prefix: system + separator) { role, text, end in
        text.isEmpty ? role : role + text + end
      }
    case .chatML:
      return render(messages, prefix: system.isEmpty ? "" : "\(system)\(separator)\n") { role, text, end in
        text.isEmpty ? "\(role)\n" : "\(role)\n\(text)\(end)\n"
      }
    case .turns:
      let prefix = turns.opening + (system.isEmpty ? "" : system + separator)
      return render(messages, prefix: prefix) { role, text, end in
        text.isEmpty ? turns.openAnswer ?? role : role + turns.content(text) + end
      }
    case .gemma:
      return render(messages, prefix: system + separator) { role, text, end in
        "<start_of_turn>\(role)\n" + (text.isEmpty ? "" : "\(text)<end_of_turn>\n\(end)")
      }
    case .plain:
      if assistantSeparator == nil, messages.contains(where: { $0.role == .assistant && !$0.content.isEmpty })
      {
        throw TokenizationError.invalidConversation(
          template: name, reason: "it has no separator for a finished turn of the assistant")
      }
      return render(messages, prefix: system) { _, text, end in text.isEmpty ? "" : text + end }
    case .llama2:
      return try llama2Prompt(messages)
    }
  }

  /// The ids of a prompt, with `imageID` in the place of each `<image>`.
  ///
  /// The prompt is cut at `<image>` and every piece is tokenised on its own; only the first keeps the
  /// beginning-of-sequence id.
  package func encode(_ prompt: String, tokenizer: any TextTokenizer, imageID: Int = -200) -> [Int] {
    var ids: [Int] = []
    for (index, piece) in prompt.pieces(around: Self.imagePlaceholder).enumerated() {
      if index > 0 { ids.append(imageID) }
      ids += tokenizer.encode(piece, addBOS: index == 0)
    }
    return ids
  }

  private func render(
    _ messages: [ConversationMessage], prefix: String,
    turn: (_ role: String, _ text: String, _ end: String) -> String
  ) -> String {
    var prompt = prefix
    for (index, message) in messages.enumerated() {
      let isAnswer = index % 2 == 1
      let end = isAnswer ? assistantSeparator ?? separator : separator
      prompt += turn(roles[message.role.rawValue], message.content, end)
    }
    return prompt
  }

  private func llama2Prompt(_ messages: [ConversationMessage]) throws -> String {
    guard let first = messages.first, first.role == .user, !first.content.isEmpty else {
      throw TokenizationError.invalidConversation(
        template: name, reason: "it must begin with a turn of the user")
    }
    var prompt = ""
    for (index, message) in messages.enumerated() where !message.content.isEmpty {
      if index % 2 == 1 {
        prompt += " \(message.content) \(assistantSeparator ?? separator)"
      } else {
        let opening = index == 0 && !system.isEmpty ? "<<SYS>>\n\(system)\n<</SYS>>\n\n" : ""
        prompt += "\(separator)[INST] \(opening)\(message.content) [/INST]"
      }
    }
    // The original strips the characters of the separator, not the separator.
    return String(prompt.unicodeScalars.drop { separator.unicodeScalars.contains($0) })
  }

  /// Writes out the pictures of messages that have one beside their text: that of the first message in every style,
  /// those of later messages only in ChatML.
  private func placingImages(_ messages: [ConversationMessage]) -> [ConversationMessage] {
    var messages = messages
    if style == .chatML {
      for index in messages.indices.dropFirst() where messages[index].hasImage {
        messages[index].text = Self.imagePlaceholder + messages[index].content
      }
    }
    guard let first = messages.first, first.hasImage else { return messages }
    let text = first.content.pieces(around: Self.imagePlaceholder).joined().trimmed()
    if tagsImage {
      messages[0].text = text
      messages.insert(ConversationMessage(.user, "<Image>\(Self.imagePlaceholder)</Image>"), at: 0)
      messages.insert(ConversationMessage(.assistant, "Received."), at: 1)
    } else {
      messages[0].text = "\(Self.imagePlaceholder)\n\(text)"
    }
    return messages
  }
}

extension ConversationMessage {
  var content: String { text ?? "" }
}

extension String {
  /// The parts before, between and after the places where `mark` stands, compared byte by byte.
  package func pieces(around mark: String) -> [String] {
    let splitter = AddedTokenSplitter([AddedToken(id: 0, content: mark)])
    var text = self
    return text.withUTF8 { bytes in
      var pieces = [""]
      for segment in splitter.segments(of: bytes) {
        switch segment {
        case .token: pieces.append("")
        case .text(let range): pieces[pieces.count - 1] = String(decoding: bytes[range], as: UTF8.self)
        }
      }
      return pieces
    }
  }

  /// The text without white space at both ends.
  package func trimmed() -> String {
    let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
    let end = scalars.lastIndex { !$0.properties.isWhitespace }.map { scalars.index(after: $0) }
    return String(scalars[..<(end ?? scalars.startIndex)])
  }
}
