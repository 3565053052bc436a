import MixtureOfDepths
import ModelTesting
import Models
import Tensors
import Testing

@testable import Answering

/// A sequence is answered alike however its rows reach the model: alone, beside others, behind what others have read, in
/// parts, and after something else was taken back.
@Suite struct SequenceLawsTests {
  private static let imageID = 69

  static let rules: [RoutingRules?] = [
    nil, .dense, RoutingRules(prefill: .threshold(0.5), decode: .threshold(0.5)),
    RoutingRules(prefill: .imageThreshold(0.5), decode: .always),
    RoutingRules(prefill: .imageSkip(0.5), decode: .always),
    RoutingRules(prefill: .imageSkip(0.4), decode: .threshold(0.4)),
    RoutingRules(prefill: .skip(0.5), decode: .always),
  ]

  private static func model(_ positions: LayerPlan.Positions, _ kind: TinyModel.Kind = .llama) throws
    -> VisionLanguageModel
  {
    var configuration = RoutingConfiguration(layers: [1, 2])
    configuration.positions = positions
    configuration.prefill = .imageSkip(0.6)
    configuration.decode = .threshold(0.5)
    return try TinyModel.dense(seed: 5, kind: kind).routed(configuration, router: TinyModel.router(seed: 5))
  }

  /// Text, a picture of two parts with text between, text, a second picture and a question.
  private static func prompt(question: Int, secondPicture: UInt64 = 2) throws -> Prompt {
    func text(_ count: Int, _ seed: Int) -> [Int] { (0..<count).map { ($0 * 7 + seed * 13) % 60 + 1 } }
    func image(_ count: Int) -> [Int] { [Int](repeating: imageID, count: count) }
    let ids =
      text(9, 1) + image(20) + text(2, 2) + image(12) + text(6, 3) + image(15)
      + text(7 + question % 3, 4 + question)
    let pictures = [(32, UInt64(1)), (15, secondPicture)].map { count, seed in
      PromptPicture(content: .rows(TinyModel.rows(count, seed: seed)), rowCount: count)
    }
    return try Prompt(ids: ids, imageTokenID: imageID, pictures: pictures)
  }

  private static func request(_ question: Int, _ rules: RoutingRules?, shares: Bool) throws -> AnswerRequest {
    var options = AnswerOptions()
    options.maxTokens = 5
    options.rules = rules
    options.sharesRows = shares
    return AnswerRequest(try prompt(question: question), options, pictureKeys: [.named("a"), .named("b")])
  }

  @Test(arguments: LayerPlan.Positions.allCases, TinyModel.Kind.allCases)
  func howRowsComeDoesNotMatter(_ positions: LayerPlan.Positions, _ kind: TinyModel.Kind) throws {
    let model = try Self.model(positions, kind)
    for rules in Self.rules {
      let alone = LogitsRecord(model)
      let answer = try alone.answer([Self.request(0, rules, shares: false)])[0]
      func expectSame(_ record: LogitsRecord, _ index: Int, _ other: Answer, _ name: String) {
        let difference = record.worstDifference(index, from: alone, 0)
        #expect(difference <= 1e-5, "\(String(describing: rules)), \(positions), \(name): \(difference)")
        #expect(other.ids == answer.ids, "\(String(describing: rules)), \(positions), \(name)")
        guard other.reusedTokens == 0 else { return }
        #expect(other.prompt.imageRowsRun == answer.prompt.imageRowsRun, "\(name)")
        #expect(other.prompt.layers.map(\.run) == answer.prompt.layers.map(\.run), "\(name)")
      }
      // Beside others with other questions and other rules.
      let beside = LogitsRecord(model)
      let others = try Self.rules.indices.map { try Self.request($0 + 1, Self.rules[$0], shares: false) }
      let answers = try beside.answer(
        Array(others.prefix(3)) + [Self.request(0, rules, shares: false)] + others.dropFirst(3))
      expectSame(beside, 3, answers[3], "beside others")
      // In parts.
      for rows in [1, 7, 64] {
        var limits = EngineLimits()
        limits.rowsPerPass = rows
        let parts = LogitsRecord(model, limits)
        expectSame(parts, 0, try parts.answer([Self.request(0, rules, shares: false)])[0], "\(rows) rows")
        let shared = LogitsRecord(model, limits)
        let answers = try shared.answer((0..<3).map { try Self.request($0, rules, shares: true) })
        expectSame(shared, 0, answers[0], "\(rows) rows, shared")
      }
      // Behind what others have read, at the same time and before.
      let behind = LogitsRecord(model)
      let second = try behind.answer([2, 1, 0].map { try Self.request($0, rules, shares: true) })[2]
      expectSame(behind, 2, second, "behind others")
      let again = try behind.answer([Self.request(0, rules, shares: true)])[0]
      expectSame(behind, 3, again, "after others")
      let isShared = !((rules ?? model.routing?.rules)?.readsWholeSequence ?? false)
      #expect((again.reusedTokens > 60) == isShared && (second.reusedTokens > 60) == isShared)
    }
  }

  /// A conversation goes on from what its last turn has left: only new rows are read, where that gives the same.
  @Test(arguments: LayerPlan.Positions.allCases, TinyModel.Kind.allCases)
  func anAnswerCanBeGoneOnFrom(_ positions: LayerPlan.Positions, _ kind: TinyModel.Kind) throws {
    let model = try Self.model(positions, kind)
    for rules in Self.rules {
      let record = LogitsRecord(model)
      let first = try Self.request(0, rules, shares: true)
      let answer = try record.answer([first])[0]
      let ids = first.prompt.ids + answer.ids + [3, 4, 5]
      let prompt = try Prompt(ids: ids, imageTokenID: Self.imageID, pictures: first.prompt.pictures)
      let next = AnswerRequest(prompt, first.options, pictureKeys: first.pictureKeys)
      let second = try record.answer([next])[0]
      let fresh = LogitsRecord(model)
      let expected = try fresh.answer([next])[0]
      #expect(record.worstDifference(1, from: fresh, 0) <= 1e-5, "\(String(describing: rules)), \(positions)")
      #expect(second.ids == expected.ids)
      let own = rules ?? model.routing?.rules
      if own?.treatsGeneratedRowsAsPrompt(positions) == true {
        // The last token of the first answer was not run.
        #expect(second.reusedTokens == first.prompt.ids.count + answer.ids.count - 1)
      } else {
        #expect(second.reusedTokens == (own?.readsWholeSequence == true ? 0 : first.prompt.ids.count))
      }
    }
  }

  /// Pictures that take as many rows and show something else share only what stands in front of them.
  @Test func otherPicturesShareNothing() throws {
    let model = try Self.model(.original)
    let record = LogitsRecord(model)
    var options = AnswerOptions()
    options.maxTokens = 3
    let first = AnswerRequest(
      try Self.prompt(question: 0), options, pictureKeys: [.named("a"), .named("b")])
    let second = AnswerRequest(
      try Self.prompt(question: 0, secondPicture: 9), options, pictureKeys: [.named("a"), .named("c")])
    try record.answer([first])
    let answer = try record.answer([second])[0]
    #expect(answer.reusedTokens == 49)
    let alone = LogitsRecord(model)
    try alone.answer([second])
    #expect(record.worstDifference(1, from: alone, 0) <= 1e-5)
  }
}
