extension Scene {
  func contains(_ shape: ObjectShape, _ color: ObjectColor) -> Bool {
    objects.contains { $0.shape == shape && $0.color == color }
  }

  func count(_ shape: ObjectShape) -> Int {
    objects.reduce(0) { $0 + ($1.shape == shape ? 1 : 0) }
  }

  func count(_ color: ObjectColor) -> Int {
    objects.reduce(0) { $0 + ($1.color == color ? 1 : 0) }
  }

  /// Objects whose shape no other object has.
  var objectsOfUniqueShape: [SceneObject] { objects.filter { count($0.shape) == 1 } }

  /// Objects whose color no other object has.
  var objectsOfUniqueColor: [SceneObject] { objects.filter { count($0.color) == 1 } }
}

extension SplitMix64 {
  /// Any element of an enumeration.
  mutating func any<Value: CaseIterable>(_ type: Value.Type) -> Value where Value.AllCases == [Value] {
    type.allCases[below(type.allCases.count)]
  }

  /// A shape and color that the scene does not have together.
  mutating func absentPair(_ scene: Scene) -> (shape: ObjectShape, color: ObjectColor) {
    while true {
      let (shape, color) = (any(ObjectShape.self), any(ObjectColor.self))
      if !scene.contains(shape, color) { return (shape, color) }
    }
  }
}
