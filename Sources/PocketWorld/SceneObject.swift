/// The shape of an object; its raw value is its patch label.
package enum ObjectShape: UInt8, Sendable, CaseIterable {
  case circle = 1
  case square, triangle, star, cross

  package var name: String {
    switch self {
    case .circle: "circle"
    case .square: "square"
    case .triangle: "triangle"
    case .star: "star"
    case .cross: "cross"
    }
  }

  package var plural: String { self == .cross ? "crosses" : name + "s" }
}

/// The color of an object; its raw value is its patch label.
package enum ObjectColor: UInt8, Sendable, CaseIterable {
  case red = 1
  case green, blue, yellow, purple, orange

  package var name: String {
    switch self {
    case .red: "red"
    case .green: "green"
    case .blue: "blue"
    case .yellow: "yellow"
    case .purple: "purple"
    case .orange: "orange"
    }
  }

  package var rgb: RGB {
    switch self {
    case .red: RGB(220, 40, 40)
    case .green: RGB(40, 160, 60)
    case .blue: RGB(40, 80, 220)
    case .yellow: RGB(235, 200, 30)
    case .purple: RGB(150, 60, 180)
    case .orange: RGB(240, 130, 30)
    }
  }

  var article: String { self == .orange ? "an" : "a" }
}

/// The size class of an object; its raw value is its patch label.
package enum ObjectSize: UInt8, Sendable, CaseIterable {
  case small = 1
  case large

  package var name: String {
    switch self {
    case .small: "small"
    case .large: "large"
    }
  }

  /// Mean radius in pixels.
  var radius: Int {
    switch self {
    case .small: 9
    case .large: 16
    }
  }

  /// Patch rows and columns in which the centre may lie, so that the whole object stays inside the picture.
  var centrePatches: ClosedRange<Int> {
    switch self {
    case .small: 1...10
    case .large: 2...9
    }
  }
}

/// One painted object.
package struct SceneObject: Sendable, Hashable {
  package let shape: ObjectShape
  package let color: ObjectColor
  package let size: ObjectSize
  /// Half the side of the bounding box, in pixels.
  package let radius: Int
  /// Centre, in pixels from the left and from the top.
  package let x: Int
  package let y: Int

  /// The patch that holds the centre, counted row by row.
  package var patch: Int {
    y / WorldRules.patchSide * WorldRules.patchesPerSide + x / WorldRules.patchSide
  }

  /// For example "red circle"; unique in a scene.
  package var name: String { color.name + " " + shape.name }
}
