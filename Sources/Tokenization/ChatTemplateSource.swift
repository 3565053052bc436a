internal import ChatTemplates
package import StrictJSON

/// The chat templates that come with a model, and the names of special tokens that they may write: from the contents of the files
/// that a model folder has, wherever these lie.
package struct ChatTemplateSource: Sendable {
  /// A template as it is stored.
  struct Stored: Sendable {
    let source: String
    /// For messages.
    let place: String
  }

  /// The contents of the files that have a say.
  package struct Documents: Sendable {
    /// chat_template.jinja.
    package var jinja: String?
    /// chat_template.json.
    package var legacy: JSONObject?
    /// processor_config.json.
    package var processor: JSONObject?
    /// tokenizer_config.json.
    package var tokenizer: JSONObject?
    /// special_tokens_map.json.
    package var specialTokens: JSONObject?

    package init() {}
  }

  /// Where nothing else is asked for.
  let usual: Stored?
  /// For conversations with tools.
  let toolUse: Stored?
  /// `bos_token` and others.
  let tokens: [(name: String, value: JSONValue)]

  /// - Parameter place: Stands in front of the files' names in messages: a folder's path with its slash, or a file's.
  /// - Throws: `JSONError` if a file holds something else than a template.
  package init(_ documents: Documents, place: String) throws {
    let configured = try Self.configured(documents.tokenizer, place + "tokenizer_config.json")
    // The order in which transformers' processors and then tokenizers look.
    usual =
      try Self.stored(documents.processor, place + "processor_config.json")
      ?? Self.stored(documents.legacy, place + "chat_template.json")
      ?? documents.jinja.map { Stored(source: $0, place: place + "chat_template.jinja") }
      ?? configured["default"]
    toolUse = usual?.place == place + "tokenizer_config.json" || usual == nil ? configured["tool_use"] : nil
    tokens = Self.tokens(documents)
  }

  private static func stored(_ json: JSONObject?, _ place: String) throws -> Stored? {
    try json?.optionalString("chat_template").map { Stored(source: $0, place: place) }
  }

  /// The templates of tokenizer_config.json by their names.
  private static func configured(_ json: JSONObject?, _ place: String) throws -> [String: Stored] {
    guard let json, let value = json["chat_template"], !value.isNull else { return [:] }
    if let source = value.string { return ["default": Stored(source: source, place: place)] }
    var templates: [String: Stored] = [:]
    if let named = value.object {
      for (name, source) in named {
        guard let source = source.string else { throw json.error(at: "chat_template", "must hold texts") }
        templates[name] = Stored(source: source, place: place)
      }
      return templates
    }
    for template in try json.objects("chat_template") {
      templates[try template.string("name")] = Stored(source: try template.string("template"), place: place)
    }
    return templates
  }

  private static func tokens(_ documents: Documents) -> [(name: String, value: JSONValue)] {
    var tokens = JSONObject()
    for document in [documents.specialTokens, documents.tokenizer].compactMap(\.self) {
      for (key, value) in document where key.hasSuffix("_token") {
        if let name = value.string ?? value.object?["content"]?.string { tokens[key] = JSONValue(name) }
      }
    }
    return tokens.map { (name: $0.key, value: $0.value) }
  }
}
