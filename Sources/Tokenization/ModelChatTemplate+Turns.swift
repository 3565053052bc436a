internal import ChatTemplates

/// A model's own chat template for conversations of questions, pictures and answers.
///
/// How the template wants texts (alone, or as typed parts), what it writes for a picture and how it ends an answer is found out by
/// asking it.
package struct TurnTemplate: Sendable {
  private let template: ModelChatTemplate
  /// What the model is told before the conversation; nil for the template's own words.
  private let system: String?
  /// What the template spells where a picture stands.
  private let pictureMark: String?
  /// Texts without pictures, too, are given as a list of parts.
  private let typesTexts: Bool
  /// Whether the template writes pictures at all.
  package let writesPictures: Bool
  /// What the template writes behind an answer.
  package let answerEnd: String

  private static let probe = "Zq7probe"

  /// - Parameter pictureMark: As the tokenizer spells the token of pictures; nil for models that read text only.
  /// - Throws: ``TokenizationError`` if the template cannot even write one question.
  package init(_ template: ModelChatTemplate, system: String?, pictureMark: String?) throws {
    self.template = template
    self.system = system
    self.pictureMark = pictureMark
    func written(_ content: TemplateInput) -> String? {
      try? template.rendered([Self.message("user", content)], invitesAnswer: true).string
    }
    func holdsProbe(_ text: String?) -> Bool { text?.contains(Self.probe) == true }
    let text = TemplateText(Self.probe, .data)
    let typed = written(Self.parts([.text(Self.probe)]))
    // Templates for texts write a list as Python does.
    let readsParts = holdsProbe(typed) && typed?.contains("'\(Self.probe)'") == false
    typesTexts = readsParts && !holdsProbe(written(.text(text)))
    let pictured = try? template.rendered(
      [Self.message("user", Self.parts([.picture, .text(Self.probe)]))], invitesAnswer: true)
    writesPictures =
      pictureMark != nil && readsParts
      && pictured.map { PromptText($0, pictureMark: pictureMark).pictureCount == 1 } == true
    let wrap = typesTexts ? Self.parts([.text("a")]) : .text(TemplateText("a", .data))
    let answer = typesTexts ? Self.parts([.text(Self.probe)]) : .text(text)
    let ended = try? template.rendered(
      [Self.message("user", wrap), Self.message("assistant", answer)], invitesAnswer: false
    ).string
    answerEnd = ended?.pieces(around: Self.probe).last ?? ""
    if !typesTexts { _ = try template.rendered([Self.message("user", wrap)], invitesAnswer: true) }
  }

  /// The prompt of a conversation whose last answer is to be written.
  ///
  /// Earlier answers that were given as ids stay ids behind the words that invited them, unless the template writes another text
  /// for them.
  /// - Throws: ``TokenizationError`` that names the template's file and line if it refuses the conversation.
  package func prompt(_ messages: [ConversationMessage], _ tokenizer: any TextTokenizer) throws -> PromptText
  {
    var invitesAnswer = false
    var inputs: [TemplateInput] = []
    var answers: [Answer] = []
    if let system {
      inputs.append(Self.message("system", content([.text(system)])))
    }
    for message in messages {
      guard let content = message.content, !content.isEmpty else {
        invitesAnswer = invitesAnswer || message.role == .assistant
        continue
      }
      if message.role == .assistant, case .tokens(let ids)? = content.parts.first, content.parts.count == 1 {
        let text = TemplateText(tokenizer.decode(ids), .answer(answers.count))
        let invited = try template.rendered(inputs, invitesAnswer: true)
        answers.append(Answer(ids: ids, text: text, invitation: invited))
        inputs.append(Self.message("assistant", typesTexts ? Self.parts(text) : .text(text)))
      } else {
        inputs.append(
          Self.message(
            message.role == .user ? "user" : "assistant", self.content(content.withoutFrontBreaks.parts)))
      }
    }
    let text = try template.rendered(inputs, invitesAnswer: invitesAnswer)
    return placing(answers, in: text)
  }

  /// Whether the tokenizer is to put its beginning-of-sequence id in front of a prompt, as transformers' processors have it:
  /// tokenizers leave that to the template.
  package func wantsBOS(_ prompt: PromptText) -> Bool {
    guard pictureMark != nil else { return false }
    guard let bos = template.bosToken, case .control(let first)? = prompt.parts.first else { return true }
    return !first.hasPrefix(bos)
  }

  private struct Answer {
    let ids: [Int]
    let text: TemplateText
    /// Everything up to where the model began the answer.
    let invitation: TemplateText
  }

  /// A rendered text with the ids of answers in their places.
  private func placing(_ answers: [Answer], in text: TemplateText) -> PromptText {
    var prompt = PromptText()
    var start = 0
    for (number, answer) in answers.enumerated() {
      let ranges = text.ranges(of: .answer(number))
      guard ranges.count == 1, let range = ranges.first, range.lowerBound >= start,
        text.part(range).hasSameCharacters(as: answer.text), !answer.text.isEmpty
      else { continue }
      // The ids follow the words that invited them, whose blanks at the end finished turns may write otherwise.
      let written = text.part(0..<range.lowerBound)
      let bare = written.withoutBlanksAtEnd
      let follows = start <= bare.byteCount && bare == answer.invitation.withoutBlanksAtEnd
      let front = follows ? answer.invitation : written
      prompt += PromptText(front.part(start..<front.byteCount), pictureMark: pictureMark)
      prompt += .tokens(answer.ids)
      start = range.upperBound
    }
    return prompt + PromptText(text.part(start..<text.byteCount), pictureMark: pictureMark)
  }

  private static func message(_ role: String, _ content: TemplateInput) -> TemplateInput {
    .object([("role", .text(TemplateText(role, .template))), ("content", content)])
  }

  private func content(_ parts: [PromptPart]) -> TemplateInput {
    if typesTexts || parts.contains(.picture) { return Self.parts(parts) }
    return .text(TemplateText(joining: parts.map(Self.text)))
  }

  private static func text(_ part: PromptPart) -> (String, TextOrigin) {
    if case .control(let words) = part { return (words, .template) }
    return (part.string ?? "", .data)
  }

  private static func parts(_ text: TemplateText) -> TemplateInput {
    .list([.object([("type", .text(TemplateText("text", .template))), ("text", .text(text))])])
  }

  private static func parts(_ parts: [PromptPart]) -> TemplateInput {
    .list(
      parts.map { part in
        part == .picture
          ? .object([("type", .text(TemplateText("image", .template)))])
          : .object([
            ("type", .text(TemplateText("text", .template))),
            ("text", .text(TemplateText(joining: [Self.text(part)]))),
          ])
      })
  }
}

extension PromptText {
  /// Without the line breaks behind pictures that stand in front, which a template writes itself.
  fileprivate var withoutFrontBreaks: PromptText {
    var front = PromptText()
    var rest = self
    while rest.parts.first == .picture {
      var mayDrop = true
      rest = PromptText(Array(rest.parts.dropFirst())).dropping { scalar in
        defer { mayDrop = false }
        return mayDrop && scalar == "\n"
      }
      front += .picture
    }
    return front + rest
  }
}
