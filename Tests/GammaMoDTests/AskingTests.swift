import Foundation
import GammaMoD
import Testing

/// The shipped routed model, asked as an app does.
@Suite struct AskingTests {
  private static let question = "What color is the circle?"

  private static func options(_ set: (inout AnswerOptions) -> Void = { _ in }) -> AnswerOptions {
    var options = AnswerOptions()
    options.maxTokens = 16
    set(&options)
    return options
  }

  @Test func eventsComeInOrder() async throws {
    let model = try await Model.load(Shipped.routed, threads: 1)
    var (kinds, text): ([String], String) = ([], "")
    var answer: Answer?
    for try await event in try await model.ask(Self.question, about: [Shipped.picture()]) {
      switch event {
      case .admitted(let tokens, let bytes):
        kinds.append("admitted")
        #expect(tokens > 144 && bytes > 0)
      case .pictureRead(let index, let count):
        kinds.append("picture")
        #expect(index == 0 && count == 1)
      case .promptProgress(let tokens, let all):
        kinds.append("progress")
        #expect(tokens == all)
      case .text(let part):
        if kinds.last != "text" { kinds.append("text") }
        text += part
      case .finished(let whole):
        kinds.append("finished")
        answer = whole
      }
    }
    let whole = try #require(answer)
    #expect(kinds == ["admitted", "picture", "progress", "text", "finished"])
    #expect(text == whole.text && whole.endReason == .stop)
    #expect(text.trimmingCharacters(in: .whitespaces) == "yellow")
    #expect(whole.pictureTokens == 144 && whole.promptTokens > 144 && whole.newTokens > 0)
    #expect(whole.reusedTokens == 0)
    #expect(whole.firstTokenTime >= whole.promptTime && whole.promptTime > .zero && whole.pictureTime > .zero)
  }

  @Test func countsWhatIsSkipped() async throws {
    let model = try await Model.load(Shipped.routed, threads: 1)
    let summary = try ModelSummary(Shipped.routed)
    func answer(_ skipping: Skipping) async throws -> Answer {
      let options = Self.options { $0.skipping = skipping }
      return try await model.ask(Self.question, about: [Shipped.picture()], options: options).answer()
    }
    let routed = try await answer(.asTrained)
    #expect(routed.skipRatio > 0.5 && routed.skipRatio < 0.6)
    #expect(routed.skippedByLayer.count == summary.layerCount)
    #expect(routed.skippedByLayer.indices.filter { routed.skippedByLayer[$0] > 0 } == summary.routedLayers)
    #expect(routed.promptFLOPs < routed.densePromptFLOPs && routed.cacheBytes < routed.denseCacheBytes)
    let none = try await answer(.nothing)
    #expect(none.skipRatio == 0 && none.cacheBytes == none.denseCacheBytes)
    // What running everything would cost is what it costs a model of the same size without routers.
    let dense = try await Model.load(Shipped.dense, threads: 1)
    let plain = try await dense.ask(Self.question, about: [Shipped.picture()]).answer()
    #expect(plain.promptFLOPs == routed.densePromptFLOPs && plain.promptFLOPs == plain.densePromptFLOPs)
    #expect(plain.cacheBytes == routed.denseCacheBytes || plain.newTokens != routed.newTokens)
    #expect(none.denseCacheBytes == routed.denseCacheBytes)
    #expect(try await answer(.shareOfPictures(0.25)).skipRatio == 0.25)
    #expect(try await answer(.belowInPictures(0)).skipRatio == 0)
    #expect(try await answer(.below(1)).skippedByLayer.max() == 1)
  }

  @Test func denseModelsHaveNothingToSkip() async throws {
    let model = try await Model.load(Shipped.dense, threads: 1)
    let options = Self.options { $0.skipping = .shareOfPictures(0.5) }
    let answer = try await model.ask(Self.question, about: [Shipped.picture()], options: options).answer()
    #expect(answer.skipRatio == 0 && answer.promptFLOPs == answer.densePromptFLOPs)
  }

  @Test func laterTurnsReadOnlyWhatIsNew() async throws {
    let model = try await Model.load(Shipped.routed, threads: 1)
    var talk = Conversation()
    talk.addQuestion(Self.question, about: [try Shipped.picture()])
    let first = try await model.ask(talk, options: Self.options()).answer()
    talk.addAnswer(first)
    talk.addQuestion("How many objects are there?")
    let second = try await model.ask(talk, options: Self.options()).answer()
    // The last token of an answer has not been run when it is given.
    #expect(second.reusedTokens >= first.promptTokens + first.newTokens - 1)
    #expect(second.promptTokens > second.reusedTokens && second.pictureTime < first.pictureTime)
    // Nothing of the picture was read again, so there is nothing to draw.
    #expect(throws: GammaModError.self) { try second.overlay() }
    // A model that has read nothing before says the same.
    let fresh = try await Model.load(Shipped.routed, threads: 1).ask(talk, options: Self.options()).answer()
    #expect(fresh.reusedTokens == 0 && fresh.text == second.text)
  }

  @Test func overlayIsAPicture() async throws {
    let model = try await Model.load(Shipped.routed, threads: 1)
    let answer = try await model.ask(Self.question, about: [Shipped.picture()], options: Self.options())
      .answer()
    let png = try answer.overlay().pngData()
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try Picture(data: png) == answer.overlay())
    let text = try await model.ask("Hello", options: Self.options()).answer()
    #expect { try text.overlay() } throws: { ($0 as? GammaModError)?.code == .request }
  }

  @Test func optionsReachTheEngine() async throws {
    let model = try await Model.load(Shipped.routed, threads: 1)
    let one = try await model.ask(
      Self.question, about: [Shipped.picture()], options: Self.options { $0.maxTokens = 1 }
    ).answer()
    #expect(one.newTokens == 1 && one.endReason == .length)
    let stopped = try await model.ask(
      Self.question, about: [Shipped.picture()], options: Self.options { $0.stopStrings = ["l"] }
    ).answer()
    #expect(stopped.text.trimmingCharacters(in: .whitespaces) == "ye" && stopped.endReason == .stop)
    for set: (inout AnswerOptions) -> Void in [
      { $0.maxTokens = 0 }, { $0.temperature = -1 }, { $0.temperature = .nan }, { $0.topK = -1 },
      { $0.topP = 0 }, { $0.skipping = .shareOfPictures(1.5) }, { $0.skipping = .below(.nan) },
    ] {
      await #expect { _ = try await model.ask("Hello", options: Self.options(set)) } throws: {
        ($0 as? GammaModError)?.code == .request
      }
    }
  }

  @Test func requestsEndEarly() async throws {
    let model = try await Model.load(Shipped.routed, threads: 1)
    let stream = try await model.ask(
      "Describe the picture.", about: [Shipped.picture()], options: Self.options { $0.maxTokens = 256 })
    stream.cancel()
    let answer = try await stream.answer()
    #expect(answer.endReason == .cancelled && answer.newTokens < 256)
    let task = Task {
      // Before it asks, so that no answer is quicker.
      withUnsafeCurrentTask { $0?.cancel() }
      return try await model.ask("Hello", options: Self.options { $0.maxTokens = 256 }).answer()
    }
    await #expect { _ = try await task.value } throws: { ($0 as? GammaModError)?.code == .cancelled }
  }

  @Test func errorsSayWhatIsWrong() async throws {
    await #expect { _ = try await Model.load(URL(filePath: "/no/such/folder")) } throws: {
      guard let error = $0 as? GammaModError else { return false }
      return error.code == .checkpoint && error.description.contains("/no/such/folder")
        && error.localizedDescription == error.description
    }
    await #expect { _ = try await Model.load(Shipped.routed, template: "nonsense") } throws: {
      ($0 as? GammaModError)?.code == .tokenizer
    }
    #expect { try Picture(data: Data([1, 2, 3])) } throws: { ($0 as? GammaModError)?.code == .picture }
    #expect { try Picture(width: 2, height: 2, rgb: [0]) } throws: {
      ($0 as? GammaModError)?.code == .picture
    }
    let model = try await Model.load(Shipped.routed, threads: 1)
    await #expect { _ = try await model.ask(Conversation()) } throws: {
      ($0 as? GammaModError)?.code == .request
    }
    let long = String(repeating: "circle ", count: 5000)
    await #expect { _ = try await model.ask(long).answer() } throws: {
      ($0 as? GammaModError)?.code == .promptTooLong
    }
  }

  /// The example in the documentation of `Model`, line by line; the next test holds it against the comment.
  private func example() async throws {
    let model = try await Model.load(URL(filePath: "models/pocket-gamma"))
    let picture = try Picture(contentsOf: URL(filePath: "demo/1.png"))
    for try await event in try await model.ask("What color is the circle?", about: [picture]) {
      if case .text(let text) = event { print(text, terminator: "") }
      if case .finished(let answer) = event { print("\nskipped \(answer.skipRatio)") }
    }
  }

  @Test func documentedExampleCompiles() throws {
    let source = try String(
      contentsOf: Shipped.root.appending(path: "Sources/GammaMoD/Model.swift"), encoding: .utf8)
    let own = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let parts = source.components(separatedBy: "/// ```")
    try #require(parts.count == 3)
    let lines = parts[1].split(separator: "\n").dropFirst().map {
      $0.replacingOccurrences(of: "/// ", with: "")
    }
    #expect(lines.count == 6)
    #expect(own.contains(lines.map { "    " + $0 }.joined(separator: "\n")))
  }
}
