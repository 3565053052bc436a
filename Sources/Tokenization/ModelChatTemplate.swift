internal import ChatTemplates
internal import Foundation
package import StrictJSON

/// The chat template that a model brings along, ready to write prompts.
package struct ModelChatTemplate: Sendable {
  private let usual: ChatTemplate?
  private let toolUse: ChatTemplate?
  private let tokens: [(String, TemplateInput)]
  /// The name of the beginning-of-sequence token, which templates may write themselves.
  let bosToken: String?

  /// - Returns: Nil if the model brings none.
  /// - Throws: ``TokenizationError`` that names the file and line if a template cannot be read.
  package init?(_ source: ChatTemplateSource) throws {
    guard source.usual != nil || source.toolUse != nil else { return nil }
    do {
      usual = try source.usual.map { try ChatTemplate($0.source, name: $0.place) }
      toolUse = try source.toolUse.map { try ChatTemplate($0.source, name: $0.place) }
    } catch { throw TokenizationError.chatTemplate("\(error)") }
    tokens = source.tokens.map { ($0.name, TemplateInput($0.value, origin: .template)) }
    bosToken = source.tokens.first { $0.name == "bos_token" }?.value.string
  }

  /// What a template writes of a conversation and other variables.
  /// - Parameters:
  ///   - variables: Take the place of the special tokens' names where they are called alike.
  ///   - invitesAnswer: Whether the words that invite an answer stand at the end.
  /// - Throws: ``TokenizationError`` that names the file and line.
  func rendered(
    _ messages: [TemplateInput], tools: TemplateInput = .null, variables: [(String, TemplateInput)] = [],
    invitesAnswer: Bool
  ) throws -> TemplateText {
    var hasTools = true
    if case .null = tools { hasTools = false }
    guard let template = hasTools ? toolUse ?? usual : usual ?? toolUse else {
      throw TokenizationError.chatTemplate("The model has no chat template.")
    }
    let given: [(String, TemplateInput)] =
      tokens.filter { token in !variables.contains { $0.0 == token.0 } } + [
        ("messages", .list(messages)), ("tools", tools), ("documents", .null),
        ("add_generation_prompt", .bool(invitesAnswer)),
      ]
    do {
      return try template.render(given + variables, date: .now)
    } catch { throw TokenizationError.chatTemplate("\(error)") }
  }

  /// The prompt of a conversation as JSON has it: a list of messages, or an object with `messages`, perhaps `tools`, and further
  /// variables of the template.
  ///
  /// What messages hold is somebody's words; only roles with usual names are the template's.
  /// - Throws: ``TokenizationError`` if it is no conversation, or the template refuses it.
  package func prompt(_ json: JSONValue, invitesAnswer: Bool) throws -> PromptText {
    let object = json.object ?? JSONObject()
    guard let messages = json.array ?? object["messages"]?.array, messages.allSatisfy({ $0.object != nil })
    else {
      throw TokenizationError.invalidMessage(
        reason:
          "a list of {\"role\", \"content\"} is needed, or an object with such a list as \"messages\"")
    }
    let others = object.filter { !["messages", "tools", "add_generation_prompt"].contains($0.key) }
    let text = try rendered(
      messages.compactMap(\.object).map(Self.message),
      tools: object["tools"].map { TemplateInput($0) } ?? .null,
      variables: others.map { ($0.key, TemplateInput($0.value)) }, invitesAnswer: invitesAnswer)
    return PromptText(text)
  }

  /// A message without what is null, whose thoughts templates find under each of their names.
  private static func message(_ json: JSONObject) -> TemplateInput {
    var members = json.filter { !$0.value.isNull }.map { (key: $0.key, value: TemplateInput($0.value)) }
    let thoughts = ["reasoning_content", "thinking", "reasoning"].lazy.compactMap { name in
      members.first { $0.key == name }?.value
    }.first
    if let thoughts {
      if !members.contains(where: { $0.key == "thinking" }) { members.append(("thinking", thoughts)) }
      members.removeAll { $0.key == "reasoning_content" }
      members.append(("reasoning_content", thoughts))
    }
    if let index = members.firstIndex(where: { $0.key == "role" }), let role = json["role"]?.string,
      usualRoles.contains(role)
    {
      // Some templates spell a special token around the role: <|user|>.
      members[index].value = .text(TemplateText(role, .template))
    }
    return .object(members)
  }

  private static let usualRoles: Set = [
    "assistant", "developer", "function", "ipython", "model", "observation", "system", "tool", "user",
  ]
}

extension TemplateDate {
  /// The clock's time where the computer is.
  fileprivate static var now: TemplateDate {
    let parts = Calendar(identifier: .gregorian).dateComponents(
      [.year, .month, .day, .hour, .minute, .second], from: Date())
    return TemplateDate(
      year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1, hour: parts.hour ?? 0,
      minute: parts.minute ?? 0, second: parts.second ?? 0)
  }
}

extension PromptText {
  /// What a template wrote: its own words are control, everything else is text.
  /// - Parameters:
  ///   - mark: What the template spells where a picture stands.
  init(_ rendered: TemplateText, pictureMark mark: String? = nil) {
    self.init(
      rendered.pieces.flatMap { piece -> [PromptPart] in
        guard piece.origin == .template else { return [.text(piece.text)] }
        guard let mark, !mark.isEmpty else { return [.control(piece.text)] }
        let words = piece.text.pieces(around: mark).map(PromptPart.control)
        return words.dropFirst().reduce(into: Array(words.prefix(1))) { $0 += [.picture, $1] }
      })
  }
}
