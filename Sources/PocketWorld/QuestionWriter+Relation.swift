extension QuestionWriter {
  /// GQA: where objects lie to each other.
  static func relation(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion] {
    if random.chance(WorldRules.verifyPercent, in: 100) {
      return verify(scene, &random) ?? query(scene, &random) ?? []
    }
    return query(scene, &random) ?? verify(scene, &random) ?? []
  }

  /// Asks about a pair that lies clearly apart on an axis: the relation that holds, or the opposite one.
  private static func verify(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion]? {
    let isTrue = random.chance(1, in: 2)
    var candidates: [(subject: SceneObject, relation: Relation, anchor: SceneObject)] = []
    for subject in scene.objects {
      for anchor in scene.objects where anchor != subject {
        for relation in Relation.allCases {
          let distance = relation.distance(of: subject, from: anchor)
          if (isTrue ? distance : -distance) >= WorldRules.relationMargin {
            candidates.append((subject, relation, anchor))
          }
        }
      }
    }
    guard let (subject, relation, anchor) = random.pick(candidates) else { return nil }
    let question = "Is the \(subject.name) \(relation.name) the \(anchor.name)?"
    return [short(.relation, question, yesOrNo(isTrue), .relation(.verify))]
  }

  /// Asks for the only object in a direction, where all others clearly are not.
  private static func query(_ scene: Scene, _ random: inout SplitMix64) -> [WorldQuestion]? {
    var candidates: [(found: SceneObject, relation: Relation, anchor: SceneObject)] = []
    for anchor in scene.objects {
      for relation in Relation.allCases {
        var found: [SceneObject] = []
        var isClear = true
        for object in scene.objects where object != anchor {
          let distance = relation.distance(of: object, from: anchor)
          if distance >= WorldRules.relationMargin {
            found.append(object)
          } else if distance > -WorldRules.relationMargin {
            isClear = false
          }
        }
        if isClear, found.count == 1 { candidates.append((found[0], relation, anchor)) }
      }
    }
    guard let (found, relation, anchor) = random.pick(candidates) else { return nil }
    let question = "What shape is \(relation.name) the \(anchor.name)?"
    return [short(.relation, question, found.shape.name, .relation(.query))]
  }
}
