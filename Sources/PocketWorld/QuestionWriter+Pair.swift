extension QuestionWriter {
  /// MME: two questions of one category, the answer to one is yes, to the other no; either may come first.
  static func pair(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    var categories: [WorldQuestion.PairCategory] = [.existence, .count]
    if scene.objects.contains(where: { $0.horizontalSide != nil || $0.verticalSide != nil }) {
      categories.append(.position)
    }
    if !scene.objectsOfUniqueShape.isEmpty { categories.append(.color) }
    if scene.word != nil { categories.append(.ocr) }
    guard let category = random.pick(categories),
      let (yes, no) = statements(category, scene, &random)
    else { return [] }
    var pair = [(yes, true), (no, false)]
    random.shuffle(&pair)
    return pair.map { question, isTrue in
      WorldQuestion(
        kind: .pair, question: question,
        text: question + WorldQuestion.yesNoRequest + WorldQuestion.shortAnswerSuffix,
        answer: yesOrNo(isTrue), detail: .pair(category))
    }
  }

  private static func statements(
    _ category: WorldQuestion.PairCategory, _ scene: Scene, _ random: inout SplitMix64
  ) -> (yes: String, no: String)? {
    switch category {
    case .existence:
      guard let object = random.pick(scene.objects) else { return nil }
      let (shape, color) = random.chance(1, in: 2) ? random.absentPair(scene) : nearMiss(scene, &random)
      return (existence(object.shape, object.color), existence(shape, color))
    case .count:
      let count = scene.objects.count
      let others = (1...WorldRules.maximumObjects).filter { $0 != count }
      return random.pick(others).map { (total(count), total($0)) }
    case .position:
      return position(scene, &random)
    case .color:
      guard let object = random.pick(scene.objectsOfUniqueShape) else { return nil }
      let others = ObjectColor.allCases.filter { $0 != object.color }
      return random.pick(others).map { other in
        ("Is the \(object.shape.name) \(object.color.name)?", "Is the \(object.shape.name) \(other.name)?")
      }
    case .ocr:
      guard let word = scene.word?.text, let other = random.pick(WorldRules.words.filter { $0 != word })
      else { return nil }
      return (
        "Is the word in this image \"\(word.uppercased())\"?",
        "Is the word in this image \"\(other.uppercased())\"?"
      )
    }
  }

  private static func existence(_ shape: ObjectShape, _ color: ObjectColor) -> String {
    "Is there \(color.article) \(color.name) \(shape.name) in this image?"
  }

  private static func total(_ count: Int) -> String {
    count == 1 ? "Is there 1 object in this image?" : "Are there \(count) objects in this image?"
  }

  private static func position(_ scene: Scene, _ random: inout SplitMix64) -> (yes: String, no: String)? {
    var candidates: [(name: String, side: Side, opposite: Side)] = []
    for object in scene.objects {
      if let side = object.horizontalSide {
        candidates.append((object.name, side, side == .left ? .right : .left))
      }
      if let side = object.verticalSide {
        candidates.append((object.name, side, side == .top ? .bottom : .top))
      }
    }
    return random.pick(candidates).map { name, side, opposite in
      (
        "Is the \(name) on the \(side.rawValue) side of the image?",
        "Is the \(name) on the \(opposite.rawValue) side of the image?"
      )
    }
  }
}
