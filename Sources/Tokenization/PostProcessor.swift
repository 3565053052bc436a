internal import StrictJSON

/// The ids that a tokenizer.json puts around a text.
struct PostProcessor: Sendable {
  var front: [Int] = []
  var back: [Int] = []

  init() {}

  /// Reads the `post_processor` of a tokenizer.json.
  ///
  /// - Throws: ``TokenizationError`` for a kind that is not supported.
  init(_ description: JSONObject?, file: String) throws {
    guard let description else { return }
    let type = try description.string("type")
    switch type {
    case "Sequence":
      for part in try description.objects("processors") {
        let next = try PostProcessor(part, file: file)
        front = next.front + front
        back += next.back
      }
    case "ByteLevel":
      break  // Only moves the places that tokens have in the text.
    case "TemplateProcessing":
      let special = try description.object("special_tokens")
      var isBehind = false
      for part in try description.objects("single") {
        if let token = try part.optionalObject("SpecialToken") {
          let ids = try special.object(token.string("id")).ints("ids")
          if isBehind { back += ids } else { front += ids }
        } else {
          isBehind = true
        }
      }
    default:
      throw TokenizationError.unsupported(file: file, component: "the post-processor \"\(type)\"")
    }
  }
}
