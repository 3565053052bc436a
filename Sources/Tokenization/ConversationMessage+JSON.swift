package import StrictJSON

extension ConversationMessage {
  /// A turn as JSON: `[role, text]`, with the role 0 (user) or 1 (assistant) and null or an object
  /// `{"with_image": text}` also allowed as the text; or `{"role": "user" or "assistant", "content": text or null}`. Texts are
  /// read as the original code bases do, see ``PromptText/init(parsing:)``.
  /// - Throws: ``TokenizationError`` if it is neither.
  package init(_ json: JSONValue) throws {
    switch json {
    case .array(let parts) where parts.count == 2:
      guard let role = parts[0].int.flatMap(Role.init(rawValue:)) else { throw Self.malformed }
      if let pictured = parts[1].object, pictured.count == 1, let text = pictured["with_image"]?.string {
        self.init(role, parsing: text, hasImage: true)
      } else {
        self.init(role, parsing: try Self.text(parts[1]))
      }
    case .object(let turn):
      guard let role = turn["role"]?.string.flatMap(Role.init(name:)) else { throw Self.malformed }
      self.init(role, parsing: try Self.text(turn["content"] ?? .null))
    default:
      throw Self.malformed
    }
  }

  private static func text(_ value: JSONValue) throws -> String? {
    if value.isNull { return nil }
    guard let text = value.string else { throw malformed }
    return text
  }

  private static let malformed = TokenizationError.invalidMessage(
    reason:
      "[0 or 1, text or null] or {\"role\": \"user\" or \"assistant\", \"content\": text or null} is needed")
}

extension ConversationMessage.Role {
  fileprivate init?(name: String) {
    switch name {
    case "user": self = .user
    case "assistant": self = .assistant
    default: return nil
    }
  }
}
