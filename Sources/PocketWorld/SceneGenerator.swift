/// Draws scene `index` of a split without drawing the scenes before it.
///
///     let scene = SceneGenerator(seed: 7, split: .train).scene(at: 1_000_000)
package struct SceneGenerator: Sendable {
  package let seed: UInt64
  package let split: WorldSplit

  package init(seed: UInt64, split: WorldSplit) {
    self.seed = seed
    self.split = split
  }

  /// The scene; the same for the same seed, split and index on every platform. Expected constant time.
  package func scene(at index: Int) -> Scene {
    var random = SplitMix64(seed: seed, index: UInt64(bitPattern: Int64(index)))
    while true {
      let scene = Self.draw(&random)
      if scene.split == split { return scene }
    }
  }

  private static func draw(_ random: inout SplitMix64) -> Scene {
    let background = WorldRules.backgrounds[random.below(WorldRules.backgrounds.count)]
    let wanted = random.weightedIndex(WorldRules.objectCountWeights) + 1
    var objects: [SceneObject] = []
    objects.reserveCapacity(wanted)
    for _ in 0..<wanted {
      if let object = place(among: objects, &random) { objects.append(object) }
    }
    let word =
      random.chance(WorldRules.wordPercent, in: 100) ? placeWord(around: objects, &random) : nil
    return Scene(background: background, objects: objects, word: word)
  }

  /// A new object that is far enough from all others, or nil if no place was found.
  private static func place(among objects: [SceneObject], _ random: inout SplitMix64) -> SceneObject? {
    var shape: ObjectShape
    var color: ObjectColor
    repeat {
      shape = ObjectShape.allCases[random.below(ObjectShape.allCases.count)]
      color = ObjectColor.allCases[random.below(ObjectColor.allCases.count)]
    } while objects.contains { $0.shape == shape && $0.color == color }
    let size = ObjectSize.allCases[random.below(ObjectSize.allCases.count)]
    let radius = size.radius + jitter(WorldRules.radiusJitter, &random)
    for _ in 0..<WorldRules.placementTries {
      let x = centre(size.centrePatches, &random)
      let y = centre(size.centrePatches, &random)
      let isFree = objects.allSatisfy { other in
        let (dx, dy, reach) = (other.x - x, other.y - y, other.radius + radius)
        let (numerator, denominator) = WorldRules.minimumDistance
        return (dx * dx + dy * dy) * denominator * denominator >= reach * reach * numerator * numerator
      }
      if isFree { return SceneObject(shape: shape, color: color, size: size, radius: radius, x: x, y: y) }
    }
    return nil
  }

  /// A coordinate near the middle of one of `patches`, so that its patch is unambiguous.
  private static func centre(_ patches: ClosedRange<Int>, _ random: inout SplitMix64) -> Int {
    let patch = patches.lowerBound + random.below(patches.count)
    return patch * WorldRules.patchSide + WorldRules.patchSide / 2 + jitter(WorldRules.centreJitter, &random)
  }

  private static func jitter(_ reach: Int, _ random: inout SplitMix64) -> Int {
    random.below(2 * reach + 1) - reach
  }

  /// A word on patches that no object's bounding box touches, or nil if there are none.
  private static func placeWord(around objects: [SceneObject], _ random: inout SplitMix64) -> SceneWord? {
    let text = WorldRules.words[random.below(WorldRules.words.count)]
    let rows = WorldRules.patchesPerSide
    // One bit per column that an object touches, for every row.
    let taken = [UInt32](unsafeUninitializedCapacity: rows) { rowsTaken, count in
      rowsTaken.initialize(repeating: 0)
      count = rows
      for object in objects {
        let columns = patches(from: object.x - object.radius, to: object.x + object.radius)
        let mask = columns.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        for row in patches(from: object.y - object.radius, to: object.y + object.radius) {
          rowsTaken[row] |= mask
        }
      }
    }
    var places: [Int] = []
    places.reserveCapacity(WorldRules.patchCount)
    let width = WorldRules.wordLength
    for row in 0..<rows {
      for column in 0...(rows - width) where taken[row] >> UInt32(column) & (1 << UInt32(width) - 1) == 0 {
        places.append(row * rows + column)
      }
    }
    return random.pick(places).map { SceneWord(text: text, patch: $0) }
  }

  /// Patch rows (or columns) that the pixels start..<end touch.
  private static func patches(from start: Int, to end: Int) -> ClosedRange<Int> {
    let first = max(0, start / WorldRules.patchSide)
    let last = min(WorldRules.patchesPerSide - 1, (end - 1) / WorldRules.patchSide)
    return first...max(first, last)
  }
}
