extension QuestionWriter {
  /// VQAv2: a property of an object.
  static func attribute(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    let (shapely, colorful) = (scene.objectsOfUniqueShape, scene.objectsOfUniqueColor)
    var attributes: [WorldQuestion.Attribute] = []
    if !shapely.isEmpty { attributes.append(.color) }
    if !colorful.isEmpty { attributes.append(.shape) }
    if !scene.objects.isEmpty { attributes.append(.size) }
    guard let attribute = random.pick(attributes) else { return [] }
    switch attribute {
    case .color:
      guard let object = random.pick(shapely) else { return [] }
      let question = "What color is the \(object.shape.name)?"
      return [short(.attribute, question, object.color.name, .attribute(.color))]
    case .shape:
      guard let object = random.pick(colorful) else { return [] }
      let question = "What shape is the \(object.color.name) object?"
      return [short(.attribute, question, object.shape.name, .attribute(.shape))]
    case .size:
      let wanted = random.any(ObjectSize.self)
      let fitting = scene.objects.filter { $0.size == wanted }
      guard let object = random.pick(fitting.isEmpty ? scene.objects : fitting) else { return [] }
      let question = "What size is the \(object.name)?"
      return [short(.attribute, question, object.size.name, .attribute(.size))]
    }
  }
}
