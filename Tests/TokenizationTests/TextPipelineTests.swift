import StrictJSON
import Testing

@testable import Tokenization

/// The parts of a tokenizer.json, each on its own.
struct TextPipelineTests {
  private func words(_ pattern: WordPattern, _ text: String) -> [String] {
    pattern.pieces(of: Array(text.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func wordsAreCutAsTheExpressionsSay() {
    let text = "I'LL see  12345 e\u{301}t\u{E9} (don't!)\n\n  x\t\u{A0}y '\u{17F}\r\n "
    #expect(
      words(.gpt2, text) == [
        "I", "'", "LL", " see", " ", " 12345", " e", "\u{301}", "t\u{E9}", " (", "don", "'t", "!)", "\n\n ",
        " x", "\t", "\u{A0}", "y", " '", "\u{17F}", "\r\n ",
      ])
    #expect(
      words(.llama3, text) == [
        "I", "'LL", " see", " ", " ", "123", "45", " e", "\u{301}t\u{E9}", " (", "don", "'t", "!)\n\n", " ",
        " x", "\t", "\u{A0}y", " '", "\u{17F}", "\r\n", " ",
      ])
    #expect(words(.qwen2, "'\u{17F}x 2\u{B2}\u{663}") == ["'\u{17F}", "x", " ", "2", "\u{B2}", "\u{663}"])
    #expect(words(.qwen2, "") == [])
  }

  @Test func onlyKnownExpressionsAreTaken() throws {
    let text = #"{"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated"}"#
    let error = try #require(throws: TokenizationError.self) {
      try PreTokenizer(JSONValue(parsing: text.utf8).object, file: "x")
    }
    #expect(error.description.contains(#"\w+"#))
    let merged = #"{"type": "Split", "pattern": {"Regex": " ?"}, "behavior": "MergedWithNext"}"#
    #expect(throws: TokenizationError.self) {
      try PreTokenizer(JSONValue(parsing: merged.utf8).object, file: "x")
    }
  }

  /// SmolVLM's: digits first, then GPT-2's words.
  @Test func stepsFollowEachOther() throws {
    let text = """
      {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": true},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]}
      """
    let steps = try PreTokenizer(JSONValue(parsing: text.utf8).object, file: "x")
    #expect(steps.isByteLevel)
    let pieces = steps.pieces(of: Array("in 1984, yes".utf8), startsText: true)
    #expect(
      pieces.map { String(decoding: $0, as: UTF8.self) } == ["in", " ", "1", "9", "8", "4", ",", " yes"])
  }

  @Test func formCIsThatOfUnicode() {
    let cases: [(String, [UInt32])] = [
      ("e\u{301}", [0xE9]), ("\u{212B}", [0xC5]), ("\u{344}", [0x308, 0x301]), ("\u{958}", [0x915, 0x93C]),
      ("q\u{307}\u{323}", [0x71, 0x323, 0x307]), ("a\u{316}\u{301}", [0xE1, 0x316]),
      ("\u{1100}\u{1161}\u{11A8}", [0xAC01]), ("\u{AC00}\u{11A8}", [0xAC01]),
      ("\u{AC01}\u{11A8}", [0xAC01, 0x11A8]),
      ("\u{1D15E}", [0x1D157, 0x1D165]), ("\u{9C7}\u{9BE}", [0x9CB]), ("\u{0}\u{FFFE}", [0, 0xFFFE]),
      ("e\u{301}\u{301}", [0xE9, 0x301]), ("\u{1E9B}\u{323}", [0x1E9B, 0x323]),
    ]
    for (text, expected) in cases {
      let composed = CanonicalComposition.shared.normalize(Array(text.utf8))
      #expect(String(decoding: composed, as: UTF8.self).unicodeScalars.map(\.value) == expected)
    }
  }

  @Test func aBrokenCharacterMapIsAnError() {
    for text in ["!", "AAAA", "/////w==", "CQAAAAAAAAAA"] {
      #expect(throws: TokenizationError.self, "\(text)") { try CharacterMap(base64: text, file: "x") }
    }
    // Units that point beyond the trie and replacements beyond the text change nothing.
    for text in ["CAAAAP/////8////", "BAAAAAD///8="] {
      #expect(
        (try? CharacterMap(base64: text, file: "x"))?.apply(to: Array("a\u{301}é".utf8)).isEmpty != true)
    }
  }

  @Test func addedTokensKeepTheirFlags() {
    let word = AddedToken(id: 1, content: "cat", matchesWholeWords: true)
    let wide = AddedToken(id: 2, content: "<x>", stripsLeft: true, stripsRight: true)
    let splitter = AddedTokenSplitter([word, wide, AddedToken(id: 3, content: "\t\t")])
    func segments(_ text: String) -> [AddedTokenSplitter.Segment] {
      Array(text.utf8).withUnsafeBufferPointer { splitter.segments(of: $0) }
    }
    #expect(segments("cat") == [.token(id: 1)])
    #expect(segments("a cat.") == [.text(0..<2), .token(id: 1), .text(5..<6)])
    #expect(segments("concat") == [.text(0..<6)])
    #expect(segments("cats") == [.text(0..<4)])
    #expect(segments("écat") == [.text(0..<5)])
    #expect(segments("<x> \t\t\tb") == [.token(id: 2), .token(id: 3), .text(6..<8)])
    #expect(segments("a \u{A0}<x>\n b") == [.text(0..<1), .token(id: 2), .text(9..<10)])
  }

  @Test func bytesThatNoModelHasAreLeftOut() throws {
    let text = """
      {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true}, "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {"a": 0, "\u{120}": 1, "\u{120}a": 2}, "merges": [["\u{120}", "a"]]}}
      """
    let tokenizer = try PipelineTokenizer(#require(JSONValue(parsing: text.utf8).object), file: "x")
    #expect(tokenizer.encode("aba") == [2, 0])
    #expect(tokenizer.decode([2, 0]) == " aa")
    #expect(tokenizer.eosID == nil && tokenizer.unkID == nil)
  }
}
