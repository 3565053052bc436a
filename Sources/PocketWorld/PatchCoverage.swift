/// Which object fills most of each patch, and where its centre lies from there: a finer lesson for a vision tower than
/// the labels at the centres alone.
///
/// Every array holds `WorldRules.patchCount` labels, row by row; 0 means that no object fills enough of the patch.
package struct PatchCoverage: Sendable, Equatable {
  /// As in `PatchLabels`, of the object that fills the patch.
  package private(set) var shape: [UInt8]
  package private(set) var color: [UInt8]
  package private(set) var size: [UInt8]
  /// 1…5: the centre's patch is two or more rows above, one above, in this row, one below, two or more below.
  package private(set) var rowOffset: [UInt8]
  /// 1…5: the same for columns, from left to right.
  package private(set) var columnOffset: [UInt8]

  /// Pixels of a patch that an object must at least be seen in.
  static let leastPixels = 12

  package init(_ scene: Scene) {
    let empty = [UInt8](repeating: 0, count: WorldRules.patchCount)
    (shape, color, size, rowOffset, columnOffset) = (empty, empty, empty, empty, empty)
    let owners = Self.visibleObjects(scene)
    for patch in 0..<WorldRules.patchCount {
      let (row, column) = (patch / WorldRules.patchesPerSide, patch % WorldRules.patchesPerSide)
      var counts = [Int](repeating: 0, count: scene.objects.count)
      for y in row * WorldRules.patchSide..<(row + 1) * WorldRules.patchSide {
        for x in column * WorldRules.patchSide..<(column + 1) * WorldRules.patchSide {
          let owner = Int(owners[y * WorldRules.side + x])
          if owner >= 0 { counts[owner] += 1 }
        }
      }
      guard let best = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[best] >= Self.leastPixels
      else { continue }
      let object = scene.objects[best]
      shape[patch] = object.shape.rawValue
      color[patch] = object.color.rawValue
      size[patch] = object.size.rawValue
      rowOffset[patch] = Self.offset(object.patch / WorldRules.patchesPerSide - row)
      columnOffset[patch] = Self.offset(object.patch % WorldRules.patchesPerSide - column)
    }
  }

  private static func offset(_ distance: Int) -> UInt8 { UInt8(min(2, max(-2, distance)) + 3) }

  /// The index of the topmost object of each pixel that it covers at least half of; −1 where there is none.
  private static func visibleObjects(_ scene: Scene) -> [Int8] {
    var owners = [Int8](repeating: -1, count: WorldRules.side * WorldRules.side)
    for (index, object) in scene.objects.enumerated() {
      let mask = ShapeMask.mask(of: object)
      for row in 0..<mask.side {
        for column in 0..<mask.side where mask.coverage[row * mask.side + column] >= 8 {
          let (x, y) = (object.x - object.radius + column, object.y - object.radius + row)
          if (0..<WorldRules.side).contains(x), (0..<WorldRules.side).contains(y) {
            owners[y * WorldRules.side + x] = Int8(index)
          }
        }
      }
    }
    return owners
  }
}
