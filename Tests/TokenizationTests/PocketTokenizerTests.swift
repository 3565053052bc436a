import Foundation
import StrictJSON
import Testing

@testable import Tokenization

/// The tokenizer that scripts/pocket-tokenizer makes for the synthetic world.
struct PocketTokenizerTests {
  private let folder = Fixtures.repository.appendingPathComponent("models/pocket-tokenizer")
  private let template = ConversationTemplate.vicunaV1

  private static let colors = ["red", "green", "blue", "yellow", "purple", "orange"]
  private static let shapes = ["circle", "square", "triangle", "star", "cross"]
  private static let plurals = ["circles", "squares", "triangles", "stars", "crosses"]
  private static let words = """
    CAT DOG SUN CAR BUS CUP HAT PEN BOX KEY MAP OWL FOX BEE ANT COW PIG HEN JAM PIE TEA ICE OIL EGG FAN NET LOG INK \
    GEM ZOO SKY SEA TOY BAG BED BAT BOW ARM LEG EAR
    """.split(separator: " ").map(String.init)

  /// Questions with `{}` where a word stands; the words of each place go round independently.
  private static let questions: [(text: String, words: [[String]], answers: [String])] = {
    let short = "\nAnswer the question using a single word or phrase."
    let polite = " Please answer yes or no." + short
    let choice = "\nAnswer with the option's letter from the given choices directly."
    let lines = "\nA. {}\nB. {}\nC. {}\nD. {}" + choice
    let options = "\nOptions: (A) {} (B) {} (C) {}" + choice
    let yesNo = ["Yes", "No"]
    let sides = ["left", "right"]
    let heights = ["above", "below"]
    let places = ["top left", "top right", "bottom left", "bottom right"]
    let letters = ["A", "B", "C", "D"]
    return [
      ("Is there a {} {} in the image?" + short, [colors, shapes], yesNo),
      ("What color is the {}?" + short, [shapes], colors),
      ("What shape is the {} object?" + short, [colors], shapes),
      ("What size is the {} {}?" + short, [colors, shapes], ["small", "large"]),
      ("Is the {} {} to the {} of the {} {}?" + short, [colors, shapes, sides, colors, shapes], yesNo),
      ("Is the {} {} {} the {} {}?" + short, [colors, shapes, heights, colors, shapes], yesNo),
      ("What shape is to the {} of the {} {}?" + short, [sides, colors, shapes], shapes),
      ("What shape is {} the {} {}?" + short, [heights, colors, shapes], shapes),
      ("How many {} are there in the image?" + short, [plurals], ["0", "1", "2", "3", "4"]),
      ("How many {} objects are there in the image?" + short, [colors], ["0", "1", "2", "3", "4"]),
      ("How many objects are there in the image?" + short, [], ["0", "1", "2", "3", "4"]),
      ("What word is written in the image?" + short, [], words),
      ("Is there a {} {} in this image?" + polite, [colors, shapes], yesNo),
      ("Are there {} objects in this image?" + polite, [["0", "2", "3", "4", "5"]], yesNo),
      ("Is there {} object in this image?" + polite, [["1"]], yesNo),
      (
        "Is the {} {} on the {} side of the image?" + polite, [colors, shapes, sides + ["top", "bottom"]],
        yesNo
      ),
      ("Is the {} {}?" + polite, [shapes, colors], yesNo),
      ("Is the word in this image \"{}\"?" + polite, [words], yesNo),
      ("What color is the {}?" + lines, [shapes, colors, colors, colors, colors], letters),
      ("What shape is the {} object?" + lines, [colors, shapes, shapes, shapes, shapes], letters),
      ("Where is the {} {}?" + lines, [colors, shapes, places, places, places, places], letters),
      (
        "Context: Look at the {} {}.\nQuestion: What color is it?" + options,
        [["small", "large"], shapes, colors, colors, colors], letters
      ),
      (
        "Context: Look at the {} object.\nQuestion: What shape is it?" + options,
        [colors, shapes, shapes, shapes], letters
      ),
      (
        "Describe the largest object in the image.", [],
        places.map { "a red circle at the \($0)" } + shapes.map { "a blue \($0) at the top left" }
      ),
    ]
  }()

  /// A question with its places filled, and the places' words.
  private func filled(_ question: (text: String, words: [[String]], answers: [String]), round: Int) -> (
    String, [String]
  ) {
    let parts = question.text.pieces(around: "{}")
    var text = parts[0]
    var words: [String] = []
    for (place, choices) in question.words.enumerated() {
      let word = choices[(round * (place + 1) + round / choices.count) % choices.count]
      words.append(word)
      text += word + parts[place + 1]
    }
    return (text, words)
  }

  @Test func vocabularyIsThatOfALLaMAModel() throws {
    for tokenizer in [
      try TokenizerFolder.load(folder),
      try TokenizerFolder.load(folder.appendingPathComponent("tokenizer.json")),
    ] {
      #expect((tokenizer.unkID, tokenizer.bosID, tokenizer.eosID) == (0, 1, 2))
      #expect(tokenizer.bytes(for: 3) == [0x00] && tokenizer.bytes(for: 258) == [0xFF])
      let base = tokenizer.vocabularySize - 2
      #expect(base <= 638)
      #expect(tokenizer.id(for: "<image>") == base && tokenizer.id(for: "<pad>") == base + 1)
    }
    #expect(try TokenizerFolder.load(folder).padID == TokenizerFolder.load(folder).id(for: "<pad>"))
  }

  @Test func wordsAskedForAreTokensOfTheirOwn() throws {
    let tokenizer = try TokenizerFolder.load(folder)
    let fast = try TokenizerFolder.load(folder.appendingPathComponent("tokenizer.json"))
    let space = try #require(tokenizer.id(for: "▁"))
    let singulars = Dictionary(uniqueKeysWithValues: zip(Self.plurals, Self.shapes))
    for question in Self.questions {
      for round in 0..<40 {
        let (text, words) = filled(question, round: round)
        let answer = question.answers[round % question.answers.count]
        let open = try template.prompt([
          ConversationMessage(.user, text, pictures: 1), ConversationMessage(.assistant, nil),
        ])
        let ids = open.ids(tokenizer)
        #expect(Array(ids.prefix(4)) == [1, 259, space, -200], "the opening is one token and a space")
        #expect(open.ids(fast) == ids)

        // An answer continues the prompt as if both were one text, and ends in the end token.
        let whole = try template.prompt([
          ConversationMessage(.user, text, pictures: 1), ConversationMessage(.assistant, answer),
        ])
        let answerIDs = tokenizer.encode(answer, addBOS: false)
        #expect(whole.ids(tokenizer) == ids + answerIDs + [2], "\(whole.string)")

        // Each word appears as a token, as often as it is asked for; words in pictures are spelt.
        let pieces = (ids + answerIDs).compactMap { tokenizer.piece(for: $0) }
          .map { $0.pieces(around: "▁").joined() }
        var wanted: [String: Int] = [:]
        for word in (words + [answer]).joined(separator: " ").split(separator: " ") {
          let single = singulars[String(word)] ?? String(word)
          if Self.words.contains(single) {
            // Spelt in pieces of one or two letters, which together are the word and nothing else.
            let starts = pieces.indices.filter { single.hasPrefix(pieces[$0]) && !pieces[$0].isEmpty }
            #expect(
              starts.contains { start in
                (start..<pieces.count).contains { pieces[start...$0].joined() == single }
              }, "\(single) in \(pieces)")
          } else if !["a", "at", "the"].contains(single) {
            wanted[single, default: 0] += 1
          }
        }
        for (word, count) in wanted {
          #expect(pieces.count { $0 == word } >= count, "\(word) in \(pieces)")
        }
      }
    }
  }

  @Test func frequentPhrasesAreFewTokens() throws {
    let tokenizer = try TokenizerFolder.load(folder)
    func rows(_ text: String) -> Int { tokenizer.encode("\n\(text) ASSISTANT:", addBOS: false).count }
    let short = "\nAnswer the question using a single word or phrase."
    #expect(rows("Is there a red circle in the image?" + short) <= 10)
    #expect(rows("What color is the star?" + short) <= 12)
    #expect(rows("What word is written in the image?" + short) <= 13)
  }
}
