/// The shape of an object; its raw value is its patch label.
public enum ObjectShape: UInt8, Sendable, CaseIterable {
  case circle = 1
  case square, triangle, star, cross

  public var name: String {
    switch self {
    case .circle: "circle"
    case .square: "square"
    case .triangle: "triangle"
    case .star: "star"
    case .cross: "cross"
    }
  }

  public var plural: String { self == .cross ? "crosses" : name + "s" }
}

/// The color of an object; its raw value is its patch label.
public enum ObjectColor: UInt8, Sendable, CaseIterable {
  case red = 1
  case green, blue, yellow, purple, orange

  public var name: String {
    switch self {
    case .red: "red"
    case .green: "green"
    case .blue: "blue"
    case .yellow: "yellow"
    case .purple: "purple"
    case .orange: "orange"
    }
  }

  public var rgb: RGB {
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
public enum ObjectSize: UInt8, Sendable, CaseIterable {
  case small = 1
  case large

  public var name: String {
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
public struct SceneObject: Sendable, Hashable {
  public let shape: ObjectShape
  public let color: ObjectColor
  public let size: ObjectSize
  /// Half the side of the bounding box, in pixels.
  public let radius: Int
  /// Centre, in pixels from the left and from the top.
  public let x: Int
  public let y: Int

  /// The patch that holds the centre, counted row by row.
  public var patch: Int {
    y / WorldRules.patchSide * WorldRules.patchesPerSide + x / WorldRules.patchSide
  }

  /// For example "red circle"; unique in a scene.
  public var name: String { color.name + " " + shape.name }
}
