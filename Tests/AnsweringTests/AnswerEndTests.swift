import Foundation
import Images
import Testing
import Tokenization

@testable import Answering

/// How answers end, and what a seed decides.
@Suite struct AnswerEndTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  private let session: VisionLanguageSession
  private let prompt: Prompt

  init() throws {
    session = try VisionLanguageSession(Self.root.appendingPathComponent("models/pocket-gamma"), threads: 1)
    prompt = try session.prompt(
      [ConversationMessage(.user, "Describe the picture."), ConversationMessage(.assistant, nil)],
      images: [ImageLoader.load(url: Self.root.appendingPathComponent("demo/1.png"))])
  }

  private func answer(_ set: (inout AnswerOptions) -> Void) throws -> Answer {
    var options = AnswerOptions()
    options.maxTokens = 20
    set(&options)
    return try AnswerLoop(session).answers([AnswerRequest(prompt, options)])[0]
  }

  @Test func theModelEndsItsTurn() throws {
    let whole = try answer { _ in }
    #expect(whole.finishReason == .stop && whole.stopString == nil && !whole.ids.isEmpty)
    #expect(session.endIDs.isDisjoint(with: whole.ids))
    let beyond = try answer { $0.ignoresEnd = true }
    #expect(beyond.ids.count == 20 && beyond.finishReason == .length)
    #expect(beyond.ids.starts(with: whole.ids) && session.endIDs.contains(beyond.ids[whole.ids.count]))
  }

  @Test func theLimitOfTokensEndsIt() throws {
    let whole = try answer { $0.ignoresEnd = true }
    for count in [0, 1, 5] {
      let cut = try answer {
        $0.ignoresEnd = true
        $0.maxTokens = count
      }
      #expect(cut.finishReason == .length && cut.ids == Array(whole.ids.prefix(count)))
    }
  }

  @Test func aStopStringEndsItAndIsNoPartOfIt() throws {
    let whole = try answer { $0.ignoresEnd = true }
    let words = whole.text.split(separator: " ")
    let stop = String(try #require(words.dropFirst().first { $0.count > 2 && $0 != words[0] }))
    let cut = try answer {
      $0.ignoresEnd = true
      $0.stopStrings = ["never to be found", stop]
    }
    #expect(cut.finishReason == .stop && cut.stopString == stop)
    #expect(!cut.text.contains(stop) && whole.text.hasPrefix(cut.text + stop))
  }

  @Test func aSeedRepeatsAnAnswerAndAnotherGivesAnother() throws {
    func sampled(_ seed: UInt64) throws -> [Int] {
      try answer {
        $0.ignoresEnd = true
        $0.sampling.temperature = 1.5
        $0.sampling.seed = seed
      }.ids
    }
    let first = try sampled(1)
    #expect(try sampled(1) == first)
    #expect(try (2..<6).contains { try sampled($0) != first })
  }

  @Test func whoCancelsGetsWhatIsThere() throws {
    let loop = AnswerLoop(session)
    var options = AnswerOptions()
    (options.maxTokens, options.ignoresEnd) = (200, true)
    var passes = 0
    let answers = try loop.answers([AnswerRequest(prompt, options)]) {
      passes += 1
      return passes > 40
    }
    #expect(answers.map(\.finishReason) == [.cancelled])
    #expect(answers[0].ids.count < 200 && loop.isIdle)
  }
}
