/// Asks questions about a scene: one of each kind that the scene supports, two of the kind `pair`.
///
/// The wanted answer is chosen first and then a question that has it, so that guessing does not pay.
package enum QuestionWriter {
  /// The questions in the order of `QuestionKind`; the same for the same scene and seed on every platform.
  package static func questions(_ scene: Scene, seed: UInt64) -> [WorldQuestion] {
    let hash = scene.stableHash
    var questions: [WorldQuestion] = []
    questions.reserveCapacity(QuestionKind.allCases.count + 1)
    for (index, kind) in QuestionKind.allCases.enumerated() {
      // A stream a kind: what one kind asks does not depend on the others.
      var random = SplitMix64(seed: seed ^ hash, index: UInt64(index))
      questions += Self.questions(of: kind, scene, &random)
    }
    return questions
  }

  /// The questions of one kind: none, one, or two for `pair`; the same as `questions(_:seed:)` asks.
  package static func questions(of kind: QuestionKind, _ scene: Scene, seed: UInt64) -> [WorldQuestion] {
    let index = QuestionKind.allCases.firstIndex(of: kind) ?? 0
    var random = SplitMix64(seed: seed ^ scene.stableHash, index: UInt64(index))
    return questions(of: kind, scene, &random)
  }

  private static func questions(
    of kind: QuestionKind, _ scene: Scene, _ random: inout SplitMix64
  ) -> [WorldQuestion] {
    switch kind {
    case .exist: exist(scene, &random)
    case .attribute: attribute(scene, &random)
    case .relation: relation(scene, &random)
    case .count: count(scene, &random)
    case .read: read(scene)
    case .pair: pair(scene, &random)
    case .choice: choice(scene, &random)
    case .context: context(scene, &random)
    case .describe: describe(scene)
    }
  }

  /// A question that wants a single word.
  static func short(
    _ kind: QuestionKind, _ question: String, _ answer: String, _ detail: WorldQuestion.Detail
  ) -> WorldQuestion {
    WorldQuestion(
      kind: kind, question: question, text: question + WorldQuestion.shortAnswerSuffix, answer: answer,
      detail: detail)
  }

  static func yesOrNo(_ isTrue: Bool) -> String { isTrue ? "Yes" : "No" }

  private static func read(_ scene: Scene) -> [WorldQuestion] {
    guard let word = scene.word else { return [] }
    return [short(.read, "What word is written in the image?", word.text.uppercased(), .read)]
  }

  private static func describe(_ scene: Scene) -> [WorldQuestion] {
    let large = scene.objects.filter { $0.size == .large }
    guard large.count == 1, let object = large.first, let quadrant = object.quadrant else { return [] }
    let question = "Describe the largest object in the image."
    return [
      WorldQuestion(
        kind: .describe, question: question, text: question,
        answer: "\(object.color.article) \(object.name) at the \(quadrant.name)",
        detail: .describe(facts: [object.color.name, object.shape.name, quadrant.name]))
    ]
  }
}
