extension ConversationTemplate {
  /// What a tokenizer does not know of the template's own words, as sentences without their full stops: models see something
  /// else there than they were trained with, and answer with blanks or without an end.
  package func faults(with tokenizer: any TextTokenizer) -> [String] {
    let words = ownWords
    let markers = Set(words.flatMap(Self.markers)).sorted()
    let unknown = markers.filter { tokenizer.id(for: $0) == nil }
    if let first = unknown.first {
      return [
        "the template \(name) marks turns by \(first), which the tokenizer has no token for, so that answers may be blank or without an end; choose the template that the model was trained with"
      ]
    }
    let unreadable = words.first { word in
      let ids = tokenizer.encode([TextPiece(word)], addBOS: false)
      return tokenizer.unkID.map(ids.contains) ?? false
    }
    guard let unreadable else { return [] }
    return [
      "the tokenizer cannot read \"\(unreadable.trimmed())\" of the template \(name), so that answers may be blank; choose the template that the model was trained with"
    ]
  }

  /// What the template writes around turns, the system's text left out.
  private var ownWords: [String] {
    var bare = self
    bare.system = PromptText()
    bare.presetMessages = []
    let turns: [(ConversationMessage.Role, String?)] = [
      (.user, "a"), (.assistant, "a"), (.user, "a"), (.assistant, nil),
    ]
    let prompt = try? bare.prompt(turns.map { ConversationMessage($0.0, $0.1) })
    return (prompt?.parts ?? []).compactMap { part in
      if case .control(let words) = part { words } else { nil }
    }
  }

  /// The parts of a text that look like special tokens: `<|im_end|>`, `</s>`.
  private static func markers(in words: String) -> [String] {
    words.split(separator: "<", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
      guard let end = rest.firstIndex(of: ">") else { return nil }
      let inner = rest[..<end]
      let isMarker = inner.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || "|_/".contains($0)) }
      return isMarker && !inner.isEmpty ? "<\(inner)>" : nil
    }
  }
}
