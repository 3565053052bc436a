package import Foundation
package import StrictJSON

/// Reads the tokenizer of a model folder.
package enum TokenizerFolder {
  /// The largest file that is read, in bytes; tokenizers of 250,000 tokens need a tenth of it.
  package static let largestFile = 256 << 20

  /// The tokenizer in `url`, which is a folder, a SentencePiece `.model` file or a tokenizer.json.
  ///
  /// In a folder, tokenizer.model goes first, unless tokenizer_config.json says `"legacy": false`, which tokenizer.json
  /// expresses better; where there is neither, vocab.json and merges.txt are read. Added tokens come from
  /// added_tokens.json, tokenizer.json and tokenizer_config.json.
  /// - Throws: ``TokenizationError``, or `JSONError` for malformed JSON.
  package static func load(_ url: URL) throws -> any TextTokenizer {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw TokenizationError.unreadable(file: url.path, reason: "there is no such file or folder")
    }
    if isFolder.boolValue { return try load(FolderDocuments(url)) }
    if url.pathExtension == "json" {
      return try PipelineTokenizer(readObject(url), file: url.path)
    }
    return try SentencePieceTokenizer(bytes: readBytes(url), file: url.path)
  }

  /// The tokenizer of a model's files, as of a folder.
  package static func load(_ documents: any DocumentSource) throws -> any TextTokenizer {
    try TokenizerFiles(documents).load()
  }

  /// The chat template that came with a model; nil if none did.
  /// - Throws: ``TokenizationError``, or `JSONError` for malformed JSON.
  package static func chatTemplate(_ documents: any DocumentSource) throws -> ModelChatTemplate? {
    var found = ChatTemplateSource.Documents()
    if let jinja = try documents.document("chat_template.jinja") {
      guard let text = String(validating: try bytes(jinja), as: UTF8.self) else {
        throw TokenizationError.chatTemplate("\(documents.path)/chat_template.jinja: it is no UTF-8 text.")
      }
      found.jinja = text
    }
    found.legacy = try object("chat_template.json", documents)
    found.processor = try object("processor_config.json", documents)
    found.tokenizer = try object("tokenizer_config.json", documents)
    found.specialTokens = try object("special_tokens_map.json", documents)
    return try ModelChatTemplate(ChatTemplateSource(found, place: documents.path + "/"))
  }

  /// The ids after which generation ends by a model's generation_config.json.
  package static func generationEnds(_ documents: any DocumentSource) throws -> [Int] {
    guard let json = try object("generation_config.json", documents), let ends = json["eos_token_id"] else {
      return []
    }
    return ends.array?.compactMap(\.int) ?? ends.int.map { [$0] } ?? []
  }

  fileprivate static func object(_ name: String, _ documents: any DocumentSource) throws -> JSONObject? {
    try documents.object(name, limits: JSONLimits(bytes: largestFile))
  }

  fileprivate static func bytes(_ document: Document) throws -> [UInt8] {
    switch document {
    case .file(let url): try readBytes(url)
    case .bytes(let bytes): bytes
    case .object: []
    }
  }

  static func readObject(_ url: URL) throws -> JSONObject {
    try JSONObject.read(contentsOf: url, limits: JSONLimits(bytes: largestFile))
  }

  /// Foundation's own descriptions name neither the reason nor what to do.
  private static func reason(of error: CocoaError) -> String {
    switch error.code {
    case .fileReadNoSuchFile: "there is no such file; check the path"
    case .fileReadNoPermission: "permission denied; check its permissions"
    default: "it is no file that can be read; check what it is, and its permissions"
    }
  }

  static func readBytes(_ url: URL) throws -> [UInt8] {
    do {
      let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
      guard size <= largestFile else {
        throw TokenizationError.tooLarge(file: url.path, bytes: size, limit: largestFile)
      }
      return Array(try Data(contentsOf: url))
    } catch let error as CocoaError {
      throw TokenizationError.unreadable(file: url.path, reason: reason(of: error))
    }
  }
}

/// The files of a model that have a say in its tokenizer.
private struct TokenizerFiles {
  private let documents: any DocumentSource
  private let configuration: JSONObject
  private let names: SpecialTokenNames

  init(_ documents: any DocumentSource) throws {
    self.documents = documents
    configuration = try TokenizerFolder.object("tokenizer_config.json", documents) ?? JSONObject()
    let map = try TokenizerFolder.object("special_tokens_map.json", documents) ?? JSONObject()
    names = SpecialTokenNames(configuration).merging(SpecialTokenNames(map))
  }

  func load() throws -> any TextTokenizer {
    let model = try documents.document("tokenizer.model")
    let fast = try TokenizerFolder.object("tokenizer.json", documents)
    let fastFile = path("tokenizer.json")
    let isLegacy = try configuration.optionalBool("legacy") ?? true
    if let model, isLegacy || fast == nil {
      return try SentencePieceTokenizer(
        bytes: TokenizerFolder.bytes(model), file: path("tokenizer.model"),
        addedTokens: addedTokens(fast, file: fastFile),
        addsBOS: configuration.optionalBool("add_bos_token"), padName: names.pad, isLegacy: isLegacy)
    }
    guard let fast else { return try loadMergesFile() }
    return try PipelineTokenizer(
      fast, file: fastFile, addedTokens: addedTokens(fast, file: fastFile), names: names)
  }

  private func loadMergesFile() throws -> any TextTokenizer {
    guard let merges = try documents.document("merges.txt"),
      let vocabulary = try TokenizerFolder.object("vocab.json", documents)
    else { throw TokenizationError.noTokenizer(folder: documents.path) }
    return try PipelineTokenizer(
      vocabulary: vocabulary, merges: TokenizerFolder.bytes(merges),
      tokenizerClass: configuration.optionalString("tokenizer_class"), file: documents.path,
      addedTokens: addedTokens(nil, file: ""), names: names)
  }

  /// The added tokens of all files; where two describe the same id, the more detailed one counts.
  private func addedTokens(_ fast: JSONObject?, file: String) throws -> [AddedToken] {
    var tokens: [Int: AddedToken] = [:]
    for (content, value) in try TokenizerFolder.object("added_tokens.json", documents) ?? JSONObject() {
      guard let id = value.int else { continue }
      tokens[id] = AddedToken(id: id, content: content, isSpecial: names.contains(content))
    }
    for description in try fast?.optionalObjects("added_tokens") ?? [] {
      let id = try description.int("id")
      tokens[id] = try AddedToken(description, id: id)
    }
    let configurationFile = path("tokenizer_config.json")
    for (key, value) in try configuration.optionalObject("added_tokens_decoder") ?? JSONObject() {
      guard let id = Int(key), let description = value.object else {
        throw TokenizationError.malformed(
          file: configurationFile, place: "added_tokens_decoder",
          reason: "has the entry \"\(key)\", which is no token")
      }
      tokens[id] = try AddedToken(description, id: id)
    }
    return tokens.values.sorted { $0.id < $1.id }
  }

  /// A file's name for messages.
  private func path(_ name: String) -> String { "\(documents.path)/\(name)" }
}
