import StrictJSON
import Testing

@testable import Tokenization

struct StreamingDetokenizerTests {
  @Test func piecesJoinToTheTextOfTheWhole() throws {
    let tokenizer = try Fixtures.sentencePiece("sp-bpe")
    for example in try Fixtures.object("sp-bpe/cases.json").objects("encode") {
      let ids = try example.ints("sp_ids")
      let original = Set(try example.string("text").unicodeScalars)
      var stream = StreamingDetokenizer(tokenizer)
      var text = ""
      for id in ids {
        let piece = stream.push(id)
        #expect(original.contains("\u{FFFD}") || !piece.unicodeScalars.contains("\u{FFFD}"))
        text += piece
      }
      text += stream.finish()
      #expect(text.utf8.elementsEqual(tokenizer.decode(ids).utf8), "\(ids)")
    }
  }

  @Test func halfACharacterWaitsForItsRest() throws {
    let tokenizer = try Fixtures.sentencePiece("sp-bpe")
    var stream = StreamingDetokenizer(tokenizer)
    // The bytes of 🥲 (F0 9F A5 B2), whose tokens start at id 3.
    #expect([0xF0, 0x9F, 0xA5].map { stream.push($0 + 3) } == ["", "", ""])
    #expect(stream.push(0xB2 + 3) == "🥲")
    // Cut off by a token of text, by the end, and by a byte that cannot follow.
    let text = try #require(tokenizer.id(for: "▁the"))
    #expect(stream.push(0xE2 + 3) == "")
    #expect(stream.push(text) == "\u{FFFD} the")
    #expect(stream.push(0xFF + 3) == "\u{FFFD}")
    #expect(stream.push(2) == "")
    #expect(stream.push(0xC3 + 3) == "")
    #expect(stream.finish() == "\u{FFFD}")
    #expect(stream.finish() == "")
  }

  @Test func leadingSpaceGoesOnlyAtTheStartOfAText() throws {
    let tokenizer = try Fixtures.sentencePiece("sp-bpe")
    let text = try #require(tokenizer.id(for: "▁the"))
    var stream = StreamingDetokenizer(tokenizer)
    #expect([1, text, text].map { stream.push($0) } == ["", "the", " the"])
    var more = StreamingDetokenizer(tokenizer, continuesText: true)
    #expect(more.push(text) == " the")
  }
}
