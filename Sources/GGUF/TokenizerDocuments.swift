internal import Checkpoints
internal import StrictJSON
internal import Wording

/// The tokenizer of a GGUF file as the documents of a model folder.
struct TokenizerDocuments {
  private let metadata: GGUFMetadata
  private let tokens: [String]
  private let types: [Int]

  /// The kinds of tokens; the numbers are those of the file, and of SentencePiece.
  private enum Kind {
    static let normal = 1
    static let control = 3
    static let userDefined = 4
    static let byte = 6
  }

  init(_ metadata: GGUFMetadata) throws {
    self.metadata = metadata
    tokens = try metadata.strings(Self.key("tokens"))
    types =
      try metadata.optionalInts(Self.key("token_type")) ?? [Int](repeating: Kind.normal, count: tokens.count)
    guard types.count == tokens.count else {
      throw metadata.fault(
        Self.key("token_type"),
        "\(types.count) types are given for \(counted(tokens.count, "token")); convert the model again")
    }
  }

  private static func key(_ name: String) -> String { "tokenizer.ggml." + name }

  /// The id of a token; nil if the vocabulary has none of that spelling.
  func id(_ token: String) -> Int? { tokens.firstIndex { $0.utf8.elementsEqual(token.utf8) } }

  /// What a folder would have under a name; nil for what is no part of this tokenizer.
  func document(_ name: String) throws -> Document? {
    switch (name, try metadata.string(Self.key("model"))) {
    case ("tokenizer_config.json", _): .object(try configuration())
    case ("generation_config.json", _): .object(JSONObject([("eos_token_id", JSONValue(try endIDs))]))
    case ("tokenizer.json", "gpt2"): .object(try bytePairs())
    case ("tokenizer.model", "llama"): .bytes(try sentencePieces())
    case (_, "gpt2"), (_, "llama"): nil
    case (_, let model):
      throw metadata.fault(
        Self.key("model"), "tokenizers of the kind \(model) are not supported; gpt2 and llama are")
    }
  }

  // MARK: What is special

  private func token(_ name: String) throws -> (id: Int, text: String)? {
    guard let id = try metadata.optionalInt(Self.key(name + "_token_id")), tokens.indices.contains(id) else {
      return nil
    }
    return (id, tokens[id])
  }

  /// Spellings of tokens that end an answer wherever they are.
  private static let endings: Set<String> = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "</s>",
    "<|eom_id|>",
    "<EOT>", "<end_of_utterance>", "<eos>", "<turn|>", "<｜end▁of▁sentence｜>",
  ]

  private var endIDs: [Int] {
    get throws {
      let named = try ["eos", "eot", "eom"].compactMap { try token($0)?.id }
      let spelt = tokens.indices.filter { types[$0] == Kind.control && Self.endings.contains(tokens[$0]) }
      return Set(named + spelt).sorted()
    }
  }

  private func configuration() throws -> JSONObject {
    var json = JSONObject()
    for (key, name) in [
      ("bos_token", "bos"), ("eos_token", "eos"), ("pad_token", "padding"), ("unk_token", "unknown"),
    ] {
      if let token = try token(name) { json[key] = .string(token.text) }
    }
    if let adds = try metadata.optionalBool(Self.key("add_bos_token")) { json["add_bos_token"] = .bool(adds) }
    let template = try metadata.optionalString("tokenizer.chat_template")
    let names = try metadata.optionalStrings("tokenizer.chat_templates") ?? []
    let others = try names.compactMap { name in
      try metadata.optionalString("tokenizer.chat_template." + name).map { (name, $0) }
    }
    if others.isEmpty {
      if let template { json["chat_template"] = .string(template) }
    } else {
      let all = (template.map { [("default", $0)] } ?? []) + others
      json["chat_template"] = .array(
        all.map { .object(JSONObject([("name", .string($0.0)), ("template", .string($0.1))])) })
    }
    return json
  }

  // MARK: Byte pairs

  /// A `pre_tokenizer` and what else a name of llama.cpp's stands for.
  private struct Splitting {
    var steps: [JSONValue]
    var normalizer: JSONValue = .null
    var prefersWholePieces = false
    var addsBOS = false
  }

  private static func split(_ regex: String) -> JSONValue {
    ["type": "Split", "pattern": ["Regex": .string(regex)], "behavior": "Isolated", "invert": false]
  }

  private static func bytes(words: Bool) -> JSONValue {
    ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": .bool(words)]
  }

  private static func modern(_ numbers: String) -> JSONValue {
    split(
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
  }

  private static let gpt2 = Splitting(steps: [bytes(words: true)])
  private static let digits = Splitting(steps: [
    ["type": "Digits", "individual_digits": true], bytes(words: true),
  ])
  private static let llama3 = Splitting(
    steps: [modern(#"\p{N}{1,3}"#), bytes(words: false)], prefersWholePieces: true, addsBOS: true)
  private static let qwen2 = Splitting(
    steps: [modern(#"\p{N}"#), bytes(words: false)], normalizer: ["type": "NFC"])

  private static let splittings: [String: Splitting] = [
    "gpt-2": gpt2, "phi-2": gpt2, "mpt": gpt2, "olmo": gpt2, "granite-docling": gpt2, "modern-bert": gpt2,
    "smollm": digits, "starcoder": digits, "refact": digits, "command-r": digits, "codeshell": digits,
    "exaone": digits,
    "llama-bpe": llama3, "llama3": llama3, "llama-v3": llama3, "falcon3": llama3, "lfm2": llama3,
    "qwen2": qwen2, "deepseek-r1-qwen": qwen2, "megrez": qwen2,
    "dbrx": Splitting(steps: llama3.steps), "smaug-bpe": Splitting(steps: llama3.steps),
    "stablelm2": Splitting(steps: qwen2.steps), "hunyuan": Splitting(steps: qwen2.steps),
  ]

  private func splitting() throws -> Splitting {
    let name = try metadata.optionalString(Self.key("pre")) ?? "default"
    guard let splitting = Self.splittings[name] else {
      let known = Self.splittings.keys.sorted().joined(separator: ", ")
      throw metadata.fault(
        Self.key("pre"),
        "the pre-tokenizer \(name) is not supported; \(known) are, so take another model, or its folder")
    }
    return splitting
  }

  private func bytePairs() throws -> JSONObject {
    let splitting = try splitting()
    var vocabulary = JSONObject()
    for (id, token) in tokens.enumerated() where vocabulary[token] == nil {
      vocabulary[token] = JSONValue(id)
    }
    let merges = try metadata.strings(Self.key("merges")).map { merge -> JSONValue in
      // A piece may begin with the space that also parts the two.
      let bytes = merge.utf8
      guard let place = bytes.dropFirst().firstIndex(of: UInt8(ascii: " ")) else {
        throw metadata.fault(Self.key("merges"), "\"\(merge)\" is no pair; convert the model again")
      }
      return [.string(String(merge[..<place])), .string(String(merge[bytes.index(after: place)...]))]
    }
    let added = tokens.indices.filter { types[$0] == Kind.control || types[$0] == Kind.userDefined }.map {
      id -> JSONValue in
      [
        "id": JSONValue(id), "content": .string(tokens[id]), "single_word": false, "lstrip": false,
        "rstrip": false,
        "normalized": false, "special": .bool(types[id] == Kind.control),
      ]
    }
    var json = JSONObject()
    json["version"] = "1.0"
    json["added_tokens"] = JSONValue(added)
    json["normalizer"] = splitting.normalizer
    json["pre_tokenizer"] = ["type": "Sequence", "pretokenizers": JSONValue(splitting.steps)]
    json["decoder"] = Self.bytes(words: true)
    if try metadata.optionalBool(Self.key("add_bos_token")) ?? splitting.addsBOS, let bos = try token("bos") {
      let names: JSONValue = [
        "id": .string(bos.text), "ids": [JSONValue(bos.id)], "tokens": [.string(bos.text)],
      ]
      let first: JSONValue = ["SpecialToken": ["id": .string(bos.text), "type_id": 0]]
      json["post_processor"] = [
        "type": "TemplateProcessing", "single": [first, ["Sequence": ["id": "A", "type_id": 0]]],
        "special_tokens": .object(JSONObject([(bos.text, names)])),
      ]
    }
    json["model"] = [
      "type": "BPE", "ignore_merges": .bool(splitting.prefersWholePieces), "vocab": .object(vocabulary),
      "merges": JSONValue(merges),
    ]
    return json
  }

  // MARK: SentencePiece

  /// The vocabulary as a SentencePiece model, in protobuf's wire format.
  private func sentencePieces() throws -> [UInt8] {
    let scores =
      try metadata.optionalDoubles(Self.key("scores")) ?? [Double](repeating: 0, count: tokens.count)
    guard scores.count == tokens.count else {
      throw metadata.fault(
        Self.key("scores"),
        "\(scores.count) scores are given for \(counted(tokens.count, "token")); convert the model again")
    }
    var model = ProtobufMessage()
    for id in tokens.indices {
      var piece = ProtobufMessage()
      piece.add(1, tokens[id])
      piece.add(2, float: Float(scores[id]))
      piece.add(3, number: UInt64(clamping: types[id]))
      model.add(1, piece)
    }
    var trainer = ProtobufMessage()
    trainer.add(3, number: 2)  // byte pairs
    trainer.add(35, number: types.contains(Kind.byte) ? 1 : 0)
    for (field, name) in [(40, "unknown"), (41, "bos"), (42, "eos"), (43, "padding")] {
      trainer.add(field, number: UInt64(bitPattern: Int64(try token(name)?.id ?? -1)))
    }
    model.add(2, trainer)
    var normalizer = ProtobufMessage()
    normalizer.add(1, "identity")
    normalizer.add(3, number: try metadata.optionalBool(Self.key("add_space_prefix")) ?? true ? 1 : 0)
    normalizer.add(
      4, number: try metadata.optionalBool(Self.key("remove_extra_whitespaces")) ?? false ? 1 : 0)
    normalizer.add(5, number: 1)
    model.add(3, normalizer)
    return model.bytes
  }
}
