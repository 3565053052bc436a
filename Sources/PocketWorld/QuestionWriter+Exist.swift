extension QuestionWriter {
  /// Shapes that the setting `popular` asks for first.
  private static let popularShapes: [ObjectShape] = [.circle, .square, .triangle]

  /// POPE: is an object there?
  static func exist(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    let category = random.any(WorldQuestion.ProbeCategory.self)
    let isPresent = random.chance(1, in: 2)
    let shape: ObjectShape
    let color: ObjectColor
    if isPresent {
      guard let object = random.pick(scene.objects) else { return [] }
      (shape, color) = (object.shape, object.color)
    } else {
      (shape, color) = absent(category, scene, &random)
    }
    let question = "Is there \(color.article) \(color.name) \(shape.name) in the image?"
    return [short(.exist, question, yesOrNo(isPresent), .exist(category))]
  }

  private static func absent(
    _ category: WorldQuestion.ProbeCategory, _ scene: Scene, _ random: inout SplitMix64
  ) -> (ObjectShape, ObjectColor) {
    switch category {
    case .random:
      return random.absentPair(scene)
    case .popular:
      let absent = popularShapes.filter { scene.count($0) == 0 }
      guard let shape = random.pick(absent) else { return random.absentPair(scene) }
      return (shape, random.any(ObjectColor.self))
    case .adversarial:
      return nearMiss(scene, &random)
    }
  }

  /// An absent object that shares its shape, or else its color, with one that is there.
  static func nearMiss(_ scene: Scene, _ random: inout SplitMix64) -> (ObjectShape, ObjectColor) {
    guard let object = random.pick(scene.objects) else { return random.absentPair(scene) }
    let keepsShape = random.chance(1, in: 2)
    // At most four of the six colors and of the five shapes are taken, so this ends.
    while true {
      let shape = keepsShape ? object.shape : random.any(ObjectShape.self)
      let color = keepsShape ? random.any(ObjectColor.self) : object.color
      if !scene.contains(shape, color) { return (shape, color) }
    }
  }
}
