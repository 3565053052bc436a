/// What each patch shows, for pretraining a vision tower and for reading a picture back.
///
/// Every array holds `WorldRules.patchCount` labels, row by row; 0 means nothing.
package struct PatchLabels: Sendable, Equatable {
  /// 1…5 at an object's centre: circle, square, triangle, star, cross.
  package private(set) var shape: [UInt8]
  /// 1…6 at an object's centre: red, green, blue, yellow, purple, orange.
  package private(set) var color: [UInt8]
  /// 1…2 at an object's centre: small, large.
  package private(set) var size: [UInt8]
  /// 1…26 where a letter stands.
  package private(set) var letter: [UInt8]

  package init(_ scene: Scene) {
    let empty = [UInt8](repeating: 0, count: WorldRules.patchCount)
    (shape, color, size, letter) = (empty, empty, empty, empty)
    for object in scene.objects {
      shape[object.patch] = object.shape.rawValue
      color[object.patch] = object.color.rawValue
      size[object.patch] = object.size.rawValue
    }
    guard let word = scene.word else { return }
    for (offset, character) in word.text.utf8.enumerated() {
      letter[word.patch + offset] = character - UInt8(ascii: "a") + 1
    }
  }
}
