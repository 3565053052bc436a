import Foundation
import StrictJSON
import Testing

@testable import Tokenization

struct SentencePieceTokenizerTests {
  let cases: JSONObject

  init() throws { cases = try Fixtures.object("sp-bpe/cases.json") }

  @Test func plainIdsAndTextAreThoseOfSentencePiece() throws {
    let tokenizer = try Fixtures.sentencePiece("sp-bpe")
    for example in try cases.objects("encode") {
      let text = try example.string("text")
      let ids = try example.ints("sp_ids")
      #expect(tokenizer.encodePlainly(text) == ids, "\(text.debugDescription)")
      #expect(try tokenizer.decodePlainly(ids).utf8.elementsEqual(example.string("sp_decoded").utf8))
    }
    for example in try cases.objects("decode") {
      let ids = try example.ints("ids")
      #expect(
        try tokenizer.decodePlainly(ids).utf8.elementsEqual(example.string("sp_decoded").utf8), "\(ids)")
    }
  }

  /// A `.model` file, a tokenizer.json and a folder with both are the same tokenizer.
  @Test(arguments: ["sp-bpe/tokenizer.model", "sp-bpe/tokenizer.json", "sp-bpe"])
  func idsAndTextAreThoseOfTheFastTokenizer(path: String) throws {
    let tokenizer = try TokenizerFolder.load(Fixtures.folder.appendingPathComponent(path))
    for example in try cases.objects("encode") {
      let text = try example.string("text")
      let ids = try example.ints("fast_ids")
      #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
      try expectText(of: ids, in: example, "fast_decoded", tokenizer)
    }
    for example in try cases.objects("decode") {
      try expectText(of: example.ints("ids"), in: example, "fast_decoded", tokenizer)
    }
    #expect(try tokenizer.vocabularySize == cases.int("vocab_size"))
    #expect(try tokenizer.bosID == cases.int("bos"))
    #expect(try tokenizer.eosID == cases.int("eos"))
    #expect(try tokenizer.unkID == cases.int("unk"))
    #expect(tokenizer.piece(for: tokenizer.vocabularySize) == nil)
  }

  @Test func metaspaceFormMatchesNewerCheckpoints() throws {
    let tokenizer = try TokenizerFolder.load(
      Fixtures.folder.appendingPathComponent("sp-bpe/tokenizer_nonlegacy.json"))
    let legacy = try cases.objects("encode")
    let newer = try Fixtures.object("sp-bpe/cases_nonlegacy.json").objects("encode")
    #expect(newer.count == legacy.count)
    for (example, legacy) in zip(newer, legacy) {
      let text = try example.string("text")
      let ids = try example["ids"]?.string == nil ? example.ints("ids") : legacy.ints("fast_ids")
      #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
      try expectText(of: ids, in: example, "decoded", tokenizer)
    }
  }

  private func expectText(
    of ids: [Int], in example: JSONObject, _ key: String, _ tokenizer: any TextTokenizer
  ) throws {
    let whole = tokenizer.decode(ids, skipSpecial: false)
    #expect(try whole.utf8.elementsEqual(example.string(key).utf8), "\(ids)")
    let plain = tokenizer.decode(ids, skipSpecial: true)
    #expect(try plain.utf8.elementsEqual(example.string(key + "_skip").utf8), "\(ids)")
  }
}
