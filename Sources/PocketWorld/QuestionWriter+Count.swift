extension QuestionWriter {
  /// MMMU's open questions: how many there are.
  static func count(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    let total = scene.objects.count
    guard total > 0 else { return [] }
    let shapes = ObjectShape.allCases.map { (shape: $0, count: scene.count($0)) }
    let colors = ObjectColor.allCases.map { (color: $0, count: scene.count($0)) }
    let weights = WorldRules.countWeights.enumerated().map { answer, weight in
      let isPossible =
        total == answer || shapes.contains { $0.count == answer } || colors.contains { $0.count == answer }
      return isPossible ? weight : 0
    }
    let answer = random.weightedIndex(weights)
    let fittingShapes = shapes.filter { $0.count == answer }
    let fittingColors = colors.filter { $0.count == answer }
    var topics: [WorldQuestion.CountTopic] = []
    if !fittingShapes.isEmpty { topics.append(.shape) }
    if !fittingColors.isEmpty { topics.append(.color) }
    if total == answer { topics.append(.total) }
    guard let topic = random.pick(topics) else { return [] }
    let what =
      switch topic {
      case .shape: random.pick(fittingShapes)?.shape.plural ?? "objects"
      case .color: (random.pick(fittingColors)?.color.name).map { $0 + " objects" } ?? "objects"
      case .total: "objects"
      }
    return [short(.count, "How many \(what) are there in the image?", String(answer), .count(topic))]
  }
}
