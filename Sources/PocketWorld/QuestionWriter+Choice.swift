extension QuestionWriter {
  /// MMBench: one of four options, answered by its letter.
  static func choice(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    let (shapely, colorful) = (scene.objectsOfUniqueShape, scene.objectsOfUniqueColor)
    let placed = scene.objects.filter { $0.quadrant != nil }
    var topics: [WorldQuestion.ChoiceTopic] = []
    if !shapely.isEmpty { topics.append(.color) }
    if !colorful.isEmpty { topics.append(.shape) }
    if !placed.isEmpty { topics.append(.position) }
    guard let topic = random.pick(topics) else { return [] }
    let question: String
    let right: String
    let all: [String]
    switch topic {
    case .color:
      guard let object = random.pick(shapely) else { return [] }
      question = "What color is the \(object.shape.name)?"
      (right, all) = (object.color.name, ObjectColor.allCases.map(\.name))
    case .shape:
      guard let object = random.pick(colorful) else { return [] }
      question = "What shape is the \(object.color.name) object?"
      (right, all) = (object.shape.name, ObjectShape.allCases.map(\.name))
    case .position:
      guard let object = random.pick(placed), let quadrant = object.quadrant else { return [] }
      question = "Where is the \(object.name)?"
      (right, all) = (quadrant.name, Quadrant.allCases.map(\.name))
    }
    let options = options(right, first: [], then: all, count: 4, &random)
    let lines = options.texts.enumerated().map { "\n\(WorldQuestion.Options.letter($0)). \($1)" }
    return [
      WorldQuestion(
        kind: .choice, question: question, text: question + lines.joined() + WorldQuestion.letterSuffix,
        answer: WorldQuestion.Options.letter(options.correct), detail: .choice(options, topic))
    ]
  }

  /// ScienceQA: the context says which object is meant.
  static func context(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    guard scene.objects.count > 1 else { return [] }
    let sized = scene.objects.filter { object in
      scene.objects.count { $0.size == object.size && $0.shape == object.shape } == 1
    }
    let colorful = scene.objectsOfUniqueColor
    var attributes: [WorldQuestion.Attribute] = []
    if !sized.isEmpty { attributes.append(.color) }
    if !colorful.isEmpty { attributes.append(.shape) }
    guard let attribute = random.pick(attributes),
      let object = random.pick(attribute == .color ? sized : colorful)
    else { return [] }
    let (hint, question): (String, String)
    let options: WorldQuestion.Options
    if attribute == .color {
      (hint, question) = ("Look at the \(object.size.name) \(object.shape.name).", "What color is it?")
      options = Self.options(
        object.color.name, first: scene.objects.map(\.color.name),
        then: ObjectColor.allCases.map(\.name), count: 3, &random)
    } else {
      (hint, question) = ("Look at the \(object.color.name) object.", "What shape is it?")
      options = Self.options(
        object.shape.name, first: scene.objects.map(\.shape.name),
        then: ObjectShape.allCases.map(\.name), count: 3, &random)
    }
    let shown = options.texts.enumerated().map { "(\(WorldQuestion.Options.letter($0))) \($1)" }
    let body = "Context: \(hint)\nQuestion: \(question)\nOptions: \(shown.joined(separator: " "))"
    return [
      WorldQuestion(
        kind: .context, question: question, text: body + WorldQuestion.letterSuffix,
        answer: WorldQuestion.Options.letter(options.correct),
        detail: .context(options, hint: hint, attribute))
    ]
  }

  /// Distinct options in random order: `right`, then wrong ones from `first` and, if they do not suffice, from `then`.
  private static func options(
    _ right: String, first: [String], then: [String], count: Int, _ random: inout SplitMix64
  ) -> WorldQuestion.Options {
    var wrong: [String] = []
    for var pool in [first, then] {
      random.shuffle(&pool)
      for text in pool where text != right && wrong.count < count - 1 && !wrong.contains(text) {
        wrong.append(text)
      }
    }
    random.shuffle(&wrong)
    let correct = random.below(count)
    wrong.insert(right, at: correct)
    return WorldQuestion.Options(texts: wrong, correct: correct)
  }
}
