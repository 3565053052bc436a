import Foundation
import StrictJSON
import Testing

@testable import Tokenization

/// Every string and id list of the golden files, for the tokenizers that are read from a tokenizer.json.
struct ReferenceTokenizerTests {
  private func load(_ path: String) throws -> any TextTokenizer {
    try TokenizerFolder.load(Fixtures.folder.appendingPathComponent(path))
  }

  private func expectText(
    of ids: [Int], in example: JSONObject, _ key: String, _ tokenizer: any TextTokenizer
  ) throws {
    let whole = tokenizer.decode(ids, skipSpecial: false)
    #expect(try whole.utf8.elementsEqual(example.string(key).utf8), "\(ids)")
    guard let plain = try example.optionalString(key + "_skip") else { return }
    #expect(tokenizer.decode(ids, skipSpecial: true).utf8.elementsEqual(plain.utf8), "\(ids)")
  }

  @Test(arguments: ["bbpe-gpt2", "bbpe-qwen2", "bbpe-llama3"])
  func byteLevelIdsAndTextAreTheOriginals(name: String) throws {
    let tokenizer = try load("\(name)/tokenizer.json")
    let cases = try Fixtures.object("\(name)/cases.json")
    for example in try cases.objects("encode") {
      let text = try example.string("text")
      let ids = try example.ints("ids")
      #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
      try expectText(of: ids, in: example, "decoded", tokenizer)
    }
    for example in try cases.objects("decode") {
      try expectText(of: example.ints("ids"), in: example, "decoded", tokenizer)
    }
    #expect(try cases.objects("encode").count == 200 && cases.objects("decode").count == 60)
    #expect(try tokenizer.vocabularySize == cases.int("vocab_size_with_added"))
    for (piece, id) in try cases.object("added") { #expect(tokenizer.id(for: piece) == id.int) }
  }

  @Test(arguments: ["sp-unigram", "sp-unigram-bytes"])
  func unigramIdsAndTextAreTheOriginals(name: String) throws {
    let plain = try load("\(name)/tokenizer.model")
    let fast = try load("\(name)/tokenizer.json")
    let cases = try Fixtures.object("\(name)/cases.json")
    for example in try cases.objects("encode") {
      let text = try example.string("text")
      let plainIDs = try example.ints("sp_ids")
      #expect(plain.encode(text) == plainIDs, "\(text.debugDescription)")
      let ids = try example["fast_ids"]?.string == nil ? example.ints("fast_ids") : plainIDs
      #expect(fast.encode(text, addBOS: false) == ids, "\(text.debugDescription)")
      #expect(try fast.encode(text) == example.optionalInts("fast_ids_eos") ?? ids)
      try expectText(of: ids, in: example, "fast_decoded", fast)
    }
    for example in try cases.objects("decode") {
      try expectText(of: example.ints("ids"), in: example, "fast_decoded", fast)
    }
    #expect(try cases.objects("encode").count == 200)
    #expect(try fast.vocabularySize == cases.int("vocab_size") && fast.unkID == cases.int("unk"))
  }

  /// A folder of the older form: vocab.json, merges.txt and the added tokens in tokenizer_config.json.
  @Test(arguments: [("bbpe-gpt2", "GPT2Tokenizer"), ("bbpe-qwen2", "Qwen2Tokenizer")])
  func vocabularyAndMergesFilesAreTheSameTokenizer(name: String, tokenizerClass: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in ["vocab.json", "merges.txt"] {
      try FileManager.default.copyItem(
        at: Fixtures.folder.appendingPathComponent("\(name)/\(file)"), to: folder.appendingPathComponent(file)
      )
    }
    let added = try Fixtures.object("\(name)/tokenizer.json").objects("added_tokens")
    let tokens = try added.map { (String(try $0.int("id")), JSONValue.object($0)) }
    let configuration: JSONValue = [
      "tokenizer_class": .string(tokenizerClass), "added_tokens_decoder": .object(JSONObject(tokens)),
    ]
    try Data(configuration.text().utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
    let tokenizer = try TokenizerFolder.load(folder)
    for example in try Fixtures.object("\(name)/cases.json").objects("encode") {
      #expect(try tokenizer.encode(example.string("text")) == example.ints("ids"))
    }
    let other = try configuration.text().replacing(tokenizerClass, with: "OtherTokenizer")
    try Data(other.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
    let error = #expect(throws: TokenizationError.self) { try TokenizerFolder.load(folder) }
    #expect(error?.description.contains("OtherTokenizer") == true)
  }

  /// transformers 4.31 with `legacy=False`: no leading space behind a special token.
  @Test func newerSentencePieceFoldersLeaveOutInnerSpaces() throws {
    let tokenizer = try Fixtures.sentencePiece("sp-bpe", isLegacy: false)
    var different = 0
    for example in try Fixtures.object("sp-bpe/cases.json").objects("encode") {
      let text = try example.string("text")
      let recorded = example["slow_nonlegacy_ids"]?.string == nil
      different += recorded ? 1 : 0
      let ids = try example.ints(recorded ? "slow_nonlegacy_ids" : "fast_ids")
      #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
    }
    #expect(different == 6)
  }

  /// Half a character waits, whatever the tokenizer; the pieces joined are the text.
  @Test(arguments: ["bbpe-gpt2", "bbpe-qwen2", "bbpe-llama3"])
  func streamsNeverGiveHalfACharacter(name: String) throws {
    let tokenizer = try load("\(name)/tokenizer.json")
    let cases = try Fixtures.object("\(name)/cases.json")
    for example in try cases.objects("encode") + cases.objects("decode") {
      let ids = try example.ints("ids")
      let whole = tokenizer.decode(ids)
      var stream = StreamingDetokenizer(tokenizer)
      var text = ""
      for id in ids {
        let piece = stream.push(id)
        #expect(whole.unicodeScalars.contains("\u{FFFD}") || !piece.unicodeScalars.contains("\u{FFFD}"))
        text += piece
      }
      text += stream.finish()
      #expect(text.utf8.elementsEqual(whole.utf8), "\(ids)")
    }
  }

  /// A megabyte of anything takes seconds at most; a quadratic way would take hours.
  @Test(arguments: [
    "bbpe-gpt2/tokenizer.json", "bbpe-qwen2/tokenizer.json", "bbpe-llama3/tokenizer.json",
    "sp-unigram/tokenizer.json", "sp-unigram-bytes/tokenizer.json",
  ])
  func aMegabyteTakesLinearTime(path: String) throws {
    let tokenizer = try load(path)
    for unit in ["a", "7", " ", "\n", " \n", "'", "é", "e\u{301}\u{316}", "\u{301}", "é\u{200D}", "<|", "🥲"] {
      let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
      let time = ContinuousClock().measure { #expect(tokenizer.encode(text).count > 0) }
      #expect(time < .seconds(8), "\(unit.debugDescription) took \(time)")
    }
  }
}
