import Testing

@testable import PocketWorld

@Suite struct QuestionTests {
  private static let scenes = 12_000

  private static func answers(of kind: QuestionKind) -> [String: Int] {
    let generator = SceneGenerator(seed: 2, split: .train)
    var counts: [String: Int] = [:]
    for index in 0..<scenes {
      for question in QuestionWriter.questions(of: kind, generator.scene(at: index), seed: 2) {
        counts[question.answer, default: 0] += 1
      }
    }
    return counts
  }

  private static func spread(_ counts: [String: Int], _ names: [String]) -> Double {
    let values = names.map { Double(counts[$0] ?? 0) }
    return (values.max() ?? 0) / max(1, values.min() ?? 0)
  }

  @Test func guessingDoesNotPay() {
    let exist = Self.answers(of: .exist)
    #expect(exist.values.reduce(0, +) == Self.scenes)
    #expect(Self.spread(exist, ["Yes", "No"]) < 1.1)
    #expect(Self.spread(Self.answers(of: .pair), ["Yes", "No"]) == 1)
    let relation = Self.answers(of: .relation)
    #expect(Self.spread(relation, ["Yes", "No"]) < 1.1)
    #expect(Self.spread(relation, ObjectShape.allCases.map(\.name)) < 1.3)
    #expect(Self.spread(Self.answers(of: .choice), ["A", "B", "C", "D"]) < 1.15)
    #expect(Self.spread(Self.answers(of: .context), ["A", "B", "C"]) < 1.15)
    #expect(Self.spread(Self.answers(of: .count), ["0", "1", "2", "3", "4"]) < 1.7)
    let attribute = Self.answers(of: .attribute)
    #expect(Self.spread(attribute, ObjectColor.allCases.map(\.name)) < 1.3)
    #expect(Self.spread(attribute, ObjectSize.allCases.map(\.name)) < 1.15)
  }

  /// Options are distinct, and the right one is right for the object that the question means.
  @Test func optionsHoldTheAnswerOnce() {
    let generator = SceneGenerator(seed: 9, split: .val)
    var checked = 0
    for index in 0..<2000 {
      for question in QuestionWriter.questions(generator.scene(at: index), seed: 9) {
        let options: WorldQuestion.Options
        switch question.detail {
        case .choice(let four, _): options = four
        case .context(let three, _, _): options = three
        default: continue
        }
        #expect(Set(options.texts).count == options.texts.count)
        #expect(WorldQuestion.Options.letter(options.correct) == question.answer)
        #expect(question.text.hasSuffix(WorldQuestion.letterSuffix))
        checked += 1
      }
    }
    #expect(checked > 2000)
  }

  /// The words of the question are enough to find the answer in the scene.
  @Test func answersFollowFromTheScene() {
    let generator = SceneGenerator(seed: 21, split: .train)
    for index in 0..<2000 {
      let scene = generator.scene(at: index)
      let names = Set(scene.objects.map(\.name))
      for question in QuestionWriter.questions(scene, seed: 3) {
        let words = question.question.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        switch question.detail {
        case .exist, .pair(.existence):
          let name = words[3] + " " + words[4]
          #expect(names.contains(name) == (question.answer == "Yes"), "\(question.question)")
        case .pair(.count):
          let count = words[0] == "Is" ? "1" : words[2]
          #expect((count == String(scene.objects.count)) == (question.answer == "Yes"))
        case .pair(.ocr):
          #expect((words.last == scene.word?.text.uppercased()) == (question.answer == "Yes"))
        case .read:
          #expect(question.answer == scene.word?.text.uppercased())
        case .relation(.verify):
          let isHorizontal = words.contains("left") || words.contains("right")
          let subject = scene.objects.first { $0.name == words[2] + " " + words[3] }
          let anchor = scene.objects.first { $0.name == words.suffix(2).joined(separator: " ") }
          guard let subject, let anchor else {
            Issue.record("\(question.question) names an object that is not there")
            continue
          }
          let difference = isHorizontal ? subject.x - anchor.x : subject.y - anchor.y
          let isNegative = words.contains("left") || words.contains("above")
          #expect(((difference < 0) == isNegative) == (question.answer == "Yes"))
          #expect(abs(difference) >= WorldRules.relationMargin)
        default:
          break
        }
      }
    }
  }

  /// Fixed for all time: a change of generator, font or wording shows here, and asks for new models.
  @Test func theWorldStaysTheSame() {
    var hash = FNV1a()
    for index in 0..<64 {
      let scene = SceneGenerator(seed: 1, split: index.isMultiple(of: 2) ? .train : .val).scene(at: index)
      for byte in Rasteriser.render(scene) { hash.combine(byte) }
      for question in QuestionWriter.questions(scene, seed: 1) {
        for byte in (question.text + question.answer).utf8 { hash.combine(byte) }
      }
    }
    #expect(String(hash.value, radix: 16) == "99d8fb85a7c87cc7")
  }
}
