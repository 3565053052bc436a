package import StrictJSON

/// How a tokenizer's special tokens are spelt; nil where nothing says so.
package struct SpecialTokenNames: Sendable {
  package var bos: String?
  package var eos: String?
  package var pad: String?
  package var unk: String?
  /// Further tokens that decoding can leave out.
  package var additional: [String] = []

  package init() {}

  /// Reads the names of a tokenizer_config.json or special_tokens_map.json, each a string or an object with `content`.
  package init(_ description: JSONObject) {
    func name(_ value: JSONValue?) -> String? { value?.string ?? value?.object?["content"]?.string }
    bos = name(description["bos_token"])
    eos = name(description["eos_token"])
    pad = name(description["pad_token"])
    unk = name(description["unk_token"])
    additional = (description["additional_special_tokens"]?.array ?? []).compactMap(name)
  }

  /// These names, and those of `other` where these say nothing.
  package func merging(_ other: SpecialTokenNames) -> SpecialTokenNames {
    var names = self
    names.bos = bos ?? other.bos
    names.eos = eos ?? other.eos
    names.pad = pad ?? other.pad
    names.unk = unk ?? other.unk
    names.additional += other.additional
    return names
  }

  package func contains(_ content: String) -> Bool {
    ([bos, eos, pad, unk].compactMap(\.self) + additional).contains { $0.utf8.elementsEqual(content.utf8) }
  }
}

extension AddedToken {
  /// Reads a token as tokenizer.json and `added_tokens_decoder` of tokenizer_config.json describe it.
  init(_ description: JSONObject, id: Int) throws {
    let content = try description.string("content")
    self.init(
      id: id, content: content, isSpecial: try description.optionalBool("special") ?? false,
      stripsLeft: try description.optionalBool("lstrip") ?? false,
      stripsRight: try description.optionalBool("rstrip") ?? false,
      matchesWholeWords: try description.optionalBool("single_word") ?? false,
      isNormalized: try description.optionalBool("normalized") ?? false)
  }
}
