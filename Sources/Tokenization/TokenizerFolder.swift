package import Foundation
internal import StrictJSON

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
    if isFolder.boolValue { return try TokenizerFiles(folder: url).load() }
    if url.pathExtension == "json" {
      return try PipelineTokenizer(readObject(url), file: url.path)
    }
    return try SentencePieceTokenizer(bytes: readBytes(url), file: url.path)
  }

  static func optionalObject(_ name: String, in folder: URL) throws -> JSONObject? {
    let url = folder.appendingPathComponent(name)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    return try readObject(url)
  }

  /// The chat template that came with the model in a folder; nil if none did.
  /// - Throws: ``TokenizationError``, or `JSONError` for malformed JSON.
  package static func chatTemplate(_ folder: URL) throws -> ModelChatTemplate? {
    var documents = ChatTemplateSource.Documents()
    let jinja = folder.appendingPathComponent("chat_template.jinja")
    if FileManager.default.fileExists(atPath: jinja.path) {
      guard let text = String(validating: try readBytes(jinja), as: UTF8.self) else {
        throw TokenizationError.chatTemplate("\(jinja.path): it is no UTF-8 text.")
      }
      documents.jinja = text
    }
    documents.legacy = try optionalObject("chat_template.json", in: folder)
    documents.processor = try optionalObject("processor_config.json", in: folder)
    documents.tokenizer = try optionalObject("tokenizer_config.json", in: folder)
    documents.specialTokens = try optionalObject("special_tokens_map.json", in: folder)
    return try ModelChatTemplate(ChatTemplateSource(documents, place: folder.path + "/"))
  }

  /// The ids after which generation ends by the folder's generation_config.json.
  package static func generationEnds(_ folder: URL) throws -> [Int] {
    guard let json = try optionalObject("generation_config.json", in: folder), let ends = json["eos_token_id"]
    else { return [] }
    return ends.array?.compactMap(\.int) ?? ends.int.map { [$0] } ?? []
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

/// The files of a folder that have a say in its tokenizer.
private struct TokenizerFiles {
  private let folder: URL
  private let configuration: JSONObject
  private let names: SpecialTokenNames

  init(folder: URL) throws {
    self.folder = folder
    configuration = try TokenizerFolder.optionalObject("tokenizer_config.json", in: folder) ?? JSONObject()
    let map = try TokenizerFolder.optionalObject("special_tokens_map.json", in: folder) ?? JSONObject()
    names = SpecialTokenNames(configuration).merging(SpecialTokenNames(map))
  }

  func load() throws -> any TextTokenizer {
    let model = folder.appendingPathComponent("tokenizer.model")
    let hasModel = FileManager.default.fileExists(atPath: model.path)
    let fast = try TokenizerFolder.optionalObject("tokenizer.json", in: folder)
    let fastFile = folder.appendingPathComponent("tokenizer.json").path
    let isLegacy = try configuration.optionalBool("legacy") ?? true
    if hasModel, isLegacy || fast == nil {
      return try SentencePieceTokenizer(
        bytes: TokenizerFolder.readBytes(model), file: model.path,
        addedTokens: addedTokens(fast, file: fastFile),
        addsBOS: configuration.optionalBool("add_bos_token"), padName: names.pad, isLegacy: isLegacy)
    }
    guard let fast else { return try loadMergesFile() }
    return try PipelineTokenizer(
      fast, file: fastFile, addedTokens: addedTokens(fast, file: fastFile), names: names)
  }

  private func loadMergesFile() throws -> any TextTokenizer {
    let merges = folder.appendingPathComponent("merges.txt")
    let vocabularyFile = folder.appendingPathComponent("vocab.json")
    guard FileManager.default.fileExists(atPath: merges.path),
      FileManager.default.fileExists(atPath: vocabularyFile.path)
    else { throw TokenizationError.noTokenizer(folder: folder.path) }
    return try PipelineTokenizer(
      vocabulary: TokenizerFolder.readObject(vocabularyFile), merges: TokenizerFolder.readBytes(merges),
      tokenizerClass: configuration.optionalString("tokenizer_class"), file: folder.path,
      addedTokens: addedTokens(nil, file: ""), names: names)
  }

  /// The added tokens of all files; where two describe the same id, the more detailed one counts.
  private func addedTokens(_ fast: JSONObject?, file: String) throws -> [AddedToken] {
    var tokens: [Int: AddedToken] = [:]
    for (content, value) in try TokenizerFolder.optionalObject("added_tokens.json", in: folder)
      ?? JSONObject()
    {
      guard let id = value.int else { continue }
      tokens[id] = AddedToken(id: id, content: content, isSpecial: names.contains(content))
    }
    for description in try fast?.optionalObjects("added_tokens") ?? [] {
      let id = try description.int("id")
      tokens[id] = try AddedToken(description, id: id)
    }
    let configurationFile = folder.appendingPathComponent("tokenizer_config.json").path
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
}
