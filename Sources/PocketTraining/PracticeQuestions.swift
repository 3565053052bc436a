internal import PocketWorld

/// Questions that only training asks, because what they teach is part of what the nine kinds ask: where each object is.
enum PracticeQuestions {
  static func about(_ scene: Scene) -> [(text: String, answer: String)] {
    scene.objects.map { object in
      let (row, column) = (object.patch / WorldRules.patchesPerSide, object.patch % WorldRules.patchesPerSide)
      return (
        "Where is the \(object.name)?" + WorldQuestion.shortAnswerSuffix,
        "\(object.y < WorldRules.side / 2 ? "top" : "bottom") \(row) \(object.x < WorldRules.side / 2 ? "left" : "right") \(column)"
      )
    }
  }
}
