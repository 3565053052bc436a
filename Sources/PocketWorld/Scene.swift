/// A word in the picture: one letter in each of three horizontally adjacent patches.
package struct SceneWord: Sendable, Hashable {
  /// Lower case; painted in upper case.
  package let text: String
  /// The patch of the first letter, counted row by row.
  package let patch: Int
}

/// Everything a picture shows.
package struct Scene: Sendable, Hashable {
  package let background: RGB
  /// In painting order: a later object covers an earlier one. No two have the same color and shape.
  package let objects: [SceneObject]
  package let word: SceneWord?

  /// A hash that never changes between platforms or releases, FNV-1a over the fields with a final mixing step.
  ///
  /// Objects count in the order of their centres, so that scenes which differ in painting order alone are equal here.
  package var stableHash: UInt64 {
    var hash = FNV1a()
    for channel in [background.red, background.green, background.blue] { hash.combine(channel) }
    for object in objects.sorted(by: { ($0.y, $0.x) < ($1.y, $1.x) }) {
      hash.combine(object.shape.rawValue)
      hash.combine(object.color.rawValue)
      hash.combine(object.size.rawValue)
      hash.combine(UInt8(truncatingIfNeeded: object.radius))
      hash.combine(UInt8(truncatingIfNeeded: object.x))
      hash.combine(UInt8(truncatingIfNeeded: object.y))
    }
    if let word {
      for letter in word.text.utf8 { hash.combine(letter) }
      hash.combine(UInt8(truncatingIfNeeded: word.patch))
    }
    return SplitMix64.mix(hash.value)
  }

  /// The split that this scene belongs to, whatever seed drew it.
  package var split: WorldSplit {
    stableHash % WorldRules.validationShare == 0 ? .val : .train
  }
}

/// The two parts of the world, which never share a scene.
package enum WorldSplit: String, Sendable, CaseIterable {
  case train, val
}

/// Fowler, Noll and Vo's 64-bit hash, variant 1a.
struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func combine(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
  }
}
