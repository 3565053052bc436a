/// A quarter of the picture.
enum Quadrant: CaseIterable {
  case topLeft, topRight, bottomLeft, bottomRight

  var name: String {
    switch self {
    case .topLeft: "top left"
    case .topRight: "top right"
    case .bottomLeft: "bottom left"
    case .bottomRight: "bottom right"
    }
  }
}

/// A half of the picture.
enum Side: String {
  case left, right, top, bottom
}

/// Where one object lies as seen from another.
enum Relation: CaseIterable {
  case leftOf, rightOf, above, below

  var name: String {
    switch self {
    case .leftOf: "to the left of"
    case .rightOf: "to the right of"
    case .above: "above"
    case .below: "below"
    }
  }

  /// How far `object` lies in this direction from `anchor`, in pixels; negative on the other side.
  func distance(of object: SceneObject, from anchor: SceneObject) -> Int {
    switch self {
    case .leftOf: anchor.x - object.x
    case .rightOf: object.x - anchor.x
    case .above: anchor.y - object.y
    case .below: object.y - anchor.y
    }
  }
}

extension SceneObject {
  /// The half in which the centre lies clearly, left or right.
  var horizontalSide: Side? {
    Self.clearSide(x).map { $0 ? .left : .right }
  }

  /// The half in which the centre lies clearly, top or bottom.
  var verticalSide: Side? {
    Self.clearSide(y).map { $0 ? .top : .bottom }
  }

  /// The quarter in which the centre lies clearly.
  var quadrant: Quadrant? {
    guard let isLeft = Self.clearSide(x), let isTop = Self.clearSide(y) else { return nil }
    return switch (isTop, isLeft) {
    case (true, true): .topLeft
    case (true, false): .topRight
    case (false, true): .bottomLeft
    case (false, false): .bottomRight
    }
  }

  /// Whether the coordinate lies in the first half; nil near the middle.
  private static func clearSide(_ coordinate: Int) -> Bool? {
    let middle = WorldRules.side / 2
    return abs(coordinate - middle) >= WorldRules.sideMargin ? coordinate < middle : nil
  }
}
