/// How much of each pixel a shape covers, in sixteenths: 4×4 samples a pixel, integer arithmetic only.
struct ShapeMask {
  /// Width and height in pixels, twice the radius.
  let side: Int
  /// 0…16, row by row.
  let coverage: [UInt8]

  /// Masks of every shape and radius, which are few because centres lie on whole pixels.
  static let all: [[ShapeMask]] = ObjectShape.allCases.map { shape in
    (0...maximumRadius).map { ShapeMask(shape, radius: $0) }
  }

  static let maximumRadius = (ObjectSize.allCases.map(\.radius).max() ?? 0) + WorldRules.radiusJitter

  static func mask(of object: SceneObject) -> ShapeMask {
    all[Int(object.shape.rawValue) - 1][object.radius]
  }

  private init(_ shape: ObjectShape, radius: Int) {
    side = 2 * radius
    var coverage = [UInt8](repeating: 0, count: side * side)
    for row in 0..<side {
      for column in 0..<side {
        for sample in 0..<16 {
          // Eighths of a pixel from the centre; samples lie at odd numbers.
          let x = (column - radius) * 8 + (sample % 4) * 2 + 1
          let y = (row - radius) * 8 + (sample / 4) * 2 + 1
          if Self.contains(shape, x, y, radius: radius * 8) { coverage[row * side + column] += 1 }
        }
      }
    }
    self.coverage = coverage
  }

  private static func contains(_ shape: ObjectShape, _ x: Int, _ y: Int, radius: Int) -> Bool {
    switch shape {
    case .circle: x * x + y * y <= radius * radius
    case .square: max(abs(x), abs(y)) * 8 <= radius * 7
    // Apex at the top of the bounding box, base at three quarters of the radius below the centre.
    case .triangle: y * 4 <= radius * 3 && abs(x) * 7 <= (y + radius) * 4
    case .star: starContains(x, y, radius: radius)
    case .cross: min(abs(x), abs(y)) * 16 <= radius * 5
    }
  }

  /// Corners of a five-pointed star in thousandths of its radius, clockwise from the top.
  private static let starCorners = [
    (0, -1000), (247, -340), (951, -309), (399, 130), (588, 809),
    (0, 420), (-588, 809), (-399, 130), (-951, -309), (-247, -340),
  ]

  /// Counts the polygon's edges to the right of the point: inside if their number is odd.
  private static func starContains(_ x: Int, _ y: Int, radius: Int) -> Bool {
    var isInside = false
    var (lastX, lastY) = starCorners[starCorners.count - 1]
    for (cornerX, cornerY) in starCorners {
      let (x0, y0, x1, y1) = (lastX * radius, lastY * radius, cornerX * radius, cornerY * radius)
      let (pointX, pointY) = (x * 1000, y * 1000)
      if (y0 > pointY) != (y1 > pointY) {
        let cross = (pointX - x0) * (y1 - y0) - (x1 - x0) * (pointY - y0)
        if (cross < 0) == (y1 > y0) { isInside.toggle() }
      }
      (lastX, lastY) = (cornerX, cornerY)
    }
    return isInside
  }
}
