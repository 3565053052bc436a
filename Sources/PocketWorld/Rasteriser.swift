/// Paints a scene: integer arithmetic only, so that every platform yields the same bytes.
package enum Rasteriser {
  /// The picture as RGB bytes, row by row.
  /// - Returns: `WorldRules.pictureBytes` bytes, [96, 96, 3].
  package static func render(_ scene: Scene) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: WorldRules.pictureBytes) { pixels, count in
      render(scene, into: pixels)
      count = WorldRules.pictureBytes
    }
  }

  /// Paints into memory of at least `WorldRules.pictureBytes` bytes, all of which are written.
  package static func render(_ scene: Scene, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    precondition(pixels.count >= WorldRules.pictureBytes, "the buffer is smaller than a picture")
    guard let target = pixels.baseAddress else { return }
    let (red, green, blue) = (scene.background.red, scene.background.green, scene.background.blue)
    for offset in stride(from: 0, to: WorldRules.pictureBytes, by: 3) {
      target[offset] = red
      target[offset + 1] = green
      target[offset + 2] = blue
    }
    for object in scene.objects { paint(object, target) }
    if let word = scene.word { paint(word, target) }
  }

  private static func paint(_ object: SceneObject, _ target: UnsafeMutablePointer<UInt8>) {
    let mask = ShapeMask.mask(of: object)
    let rgb = object.color.rgb
    let (red, green, blue) = (Int(rgb.red), Int(rgb.green), Int(rgb.blue))
    let side = WorldRules.side
    let rows = max(0, object.radius - object.y)..<min(mask.side, side + object.radius - object.y)
    let columns = max(0, object.radius - object.x)..<min(mask.side, side + object.radius - object.x)
    mask.coverage.withUnsafeBufferPointer { coverage in
      for row in rows {
        for column in columns {
          let share = Int(coverage[row * mask.side + column])
          if share == 0 { continue }
          let y = object.y - object.radius + row
          let x = object.x - object.radius + column
          let pixel = target + (y * side + x) * 3
          pixel[0] = blend(red, pixel[0], share)
          pixel[1] = blend(green, pixel[1], share)
          pixel[2] = blend(blue, pixel[2], share)
        }
      }
    }
  }

  /// `share` sixteenths of `paint` over `ground`, rounded to nearest.
  private static func blend(_ paint: Int, _ ground: UInt8, _ share: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (paint * share + Int(ground) * (16 - share) + 8) >> 4)
  }

  /// Black letters, each in the middle of a white patch.
  private static func paint(_ word: SceneWord, _ target: UnsafeMutablePointer<UInt8>) {
    let patch = WorldRules.patchSide
    let top = word.patch / WorldRules.patchesPerSide * patch
    let left = word.patch % WorldRules.patchesPerSide * patch
    let (marginX, marginY) = ((patch - LetterFont.width) / 2, (patch - LetterFont.height) / 2)
    for (position, character) in word.text.utf8.enumerated() {
      let glyph = LetterFont.rows[Int(character - UInt8(ascii: "a"))]
      for row in 0..<patch {
        let bits = glyph.indices.contains(row - marginY) ? glyph[row - marginY] : 0
        for column in 0..<patch {
          let bit = LetterFont.width - 1 - (column - marginX)
          let isInk = bit >= 0 && bit < LetterFont.width && bits >> UInt8(bit) & 1 == 1
          let pixel = target + ((top + row) * WorldRules.side + left + position * patch + column) * 3
          pixel.update(repeating: isInk ? 0 : 255, count: 3)
        }
      }
    }
  }
}
