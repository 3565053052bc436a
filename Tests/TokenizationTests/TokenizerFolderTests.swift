import Foundation
import StrictJSON
import Testing

@testable import Tokenization

struct TokenizerFolderTests {
  /// A copy of the sp-bpe folder in which `change` may write.
  private func withFolder(_ change: (URL) throws -> Void, then check: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tokenizer-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Fixtures.folder.appendingPathComponent("sp-bpe"), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    try change(folder)
    try check(folder)
  }

  private func write(_ text: String, _ name: String, in folder: URL) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  @Test func addedTokensComeFromAllFiles() throws {
    try withFolder { folder in
      try write(#"{"<image>": 1000}"#, "added_tokens.json", in: folder)
      try write(
        #"""
        {"pad_token": {"content": "<pad>"}, "add_bos_token": false, "added_tokens_decoder": {
          "1000": {"content": "<image>", "special": true},
          "1001": {"content": "<pad>", "special": true},
          "1003": {"content": "  wide ", "lstrip": true, "rstrip": true}}}
        """#, "tokenizer_config.json", in: folder)
    } then: { folder in
      let tokenizer = try TokenizerFolder.load(folder)
      #expect(tokenizer.vocabularySize == 1004)
      #expect(tokenizer.padID == 1001)
      #expect(tokenizer.piece(for: 1002) == nil)
      let the = tokenizer.encode("the")
      #expect(tokenizer.encode("the<image>the</s>the") == the + [1000] + the + [2] + the)
      #expect(tokenizer.encode("the \t  wide \n the") == the + [1003] + the)
      #expect(tokenizer.decode(the + [1000], skipSpecial: true) == "the")
      #expect(tokenizer.decode(the + [1000], skipSpecial: false) == "the<image>")
    }
  }

  @Test func newerFoldersFollowTheirTokenizerJSON() throws {
    try withFolder { folder in
      try FileManager.default.removeItem(at: folder.appendingPathComponent("tokenizer.json"))
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("tokenizer_nonlegacy.json"),
        to: folder.appendingPathComponent("tokenizer.json"))
      try write(#"{"legacy": false}"#, "tokenizer_config.json", in: folder)
    } then: { folder in
      #expect(try TokenizerFolder.load(folder) is PipelineTokenizer)
      try write("{}", "tokenizer_config.json", in: folder)
      #expect(try TokenizerFolder.load(folder) is SentencePieceTokenizer)
    }
  }

  @Test(arguments: [
    (#""type":"BPE""#, #""type":"WordPiece""#, "the model \"WordPiece\""),
    (#""type":"Prepend""#, #""type":"NFKC""#, "the normalizer \"NFKC\""),
    (
      #""pre_tokenizer":null"#, #""pre_tokenizer":{"type":"Punctuation"}"#,
      "the pre-tokenizer \"Punctuation\""
    ),
    (#""type":"Fuse""#, #""type":"CTC""#, "the decoder \"CTC\""),
    (#""dropout":null"#, #""dropout":0.1"#, "\"dropout\""),
    (#""type":"TemplateProcessing""#, #""type":"Roberta""#, "the post-processor \"Roberta\""),
  ])
  func unsupportedComponentsAreNamed(original: String, replacement: String, name: String) throws {
    let file = Fixtures.folder.appendingPathComponent("sp-bpe/tokenizer.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    let changed = text.replacingOccurrences(of: original, with: replacement)
    try #require(changed != text)
    let description = try #require(try JSONValue(parsing: changed.utf8).object)
    let error = try #require(throws: TokenizationError.self) {
      try PipelineTokenizer(description, file: "tokenizer.json")
    }
    #expect(error.description.contains(name))
  }

  @Test func brokenFilesAreErrors() throws {
    let model = try Data(contentsOf: Fixtures.folder.appendingPathComponent("sp-bpe/tokenizer.model"))
    #expect(throws: TokenizationError.self) { try SentencePieceTokenizer(bytes: []) }
    #expect(throws: TokenizationError.self) { try SentencePieceTokenizer(bytes: Array("{}".utf8)) }
    #expect(throws: TokenizationError.self) { try SentencePieceTokenizer(bytes: Array(model.prefix(5000))) }
    #expect(throws: TokenizationError.self) {
      try SentencePieceTokenizer(bytes: Array(model), addedTokens: [AddedToken(id: 1 << 40, content: "far")])
    }
    #expect(throws: TokenizationError.self) { try TokenizerFolder.load(Fixtures.folder) }
    #expect(throws: TokenizationError.self) {
      try TokenizerFolder.load(Fixtures.folder.appendingPathComponent("absent"))
    }
    for (vocabulary, merges) in [
      (#"{"a": -1}"#, "[]"), (#"{"a": 1e3}"#, "[]"), (#"{"a": 9000000000}"#, "[]"),
      (#"{"a": 0}"#, #"["a a"]"#),
      (#"{"a": 0}"#, #"[["a"]]"#), (#"{"a": 0}"#, "[3]"),
    ] {
      let text = #"{"model": {"vocab": \#(vocabulary), "merges": \#(merges)}, "decoder": {"type": "Fuse"}}"#
      let description = try #require(try JSONValue(parsing: text.utf8).object)
      #expect(throws: TokenizationError.self, "\(text)") { try PipelineTokenizer(description, file: "x") }
    }
  }

  @Test func unigramModelsAreReadAsSentencePieceReadsThem() throws {
    let tokenizer = try TokenizerFolder.load(
      Fixtures.folder.appendingPathComponent("sp-unigram/tokenizer.model"))
    for example in try Fixtures.object("sp-unigram/cases.json").objects("encode") {
      let text = try example.string("text")
      #expect(try tokenizer.encode(text) == example.ints("sp_ids"), "\(text.debugDescription)")
    }
  }

  /// Ten times the text must take about ten times as long, whatever the text; a quadratic way would take a hundred.
  @Test(arguments: ["a", "ab", " ", "<", "</s", "<s>", "🥲", "\u{0}", "the question "])
  func timeGrowsWithTheText(unit: String) throws {
    let folder = Fixtures.folder.appendingPathComponent("sp-bpe")
    for file in ["tokenizer.model", "tokenizer.json", "tokenizer_nonlegacy.json"] {
      let tokenizer = try TokenizerFolder.load(folder.appendingPathComponent(file))
      let text = String(repeating: unit, count: 400_000 / unit.utf8.count)
      let clock = ContinuousClock()
      let time = clock.measure {
        let ids = tokenizer.encode(text)
        #expect(tokenizer.decode(ids, skipSpecial: false).utf8.count >= text.utf8.count)
      }
      #expect(time < .seconds(5), "\(file) took \(time)")
    }
  }
}
