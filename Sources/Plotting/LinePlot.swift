/// Numbers against numbers, as lines, as points with their spreads or as both, written as an SVG file.
package struct LinePlot {
  package struct Point {
    let x: Double
    let y: Double
    let spread: Double

    /// - Parameter spread: How far the value may be off; a bar shows it.
    package init(x: Double, y: Double, spread: Double = 0) { (self.x, self.y, self.spread) = (x, y, spread) }
  }

  package struct Series {
    /// What shows the points.
    package enum Look {
      case points, line, pointsOnLine
    }

    let name: String
    let points: [Point]
    let look: Look

    package init(_ name: String, _ points: [Point], _ look: Look) {
      (self.name, self.points, self.look) = (name, points, look)
    }
  }

  private let title: String
  private let subtitle: String
  private let xName: String
  private let yName: String
  private let series: [Series]

  package init(title: String, subtitle: String, xName: String, yName: String, series: [Series]) {
    (self.title, self.subtitle) = (title, subtitle)
    (self.xName, self.yName, self.series) = (xName, yName, series)
  }

  /// Distinguishable without colour vision too (Okabe & Ito), and by shape.
  private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

  package var svg: String {
    let (width, height, left, right, top, bottom) = (680, 416, 64, 200, 88, 48)
    let points = series.flatMap(\.points)
    let across = PlotAxis(points.map(\.x))
    let up = PlotAxis(points.flatMap { [$0.y - $0.spread, $0.y + $0.spread] })
    func x(_ value: Double) -> Int { left + Int(across.share(value) * Double(width - left - right)) }
    func y(_ value: Double) -> Int { height - bottom - Int(up.share(value) * Double(height - top - bottom)) }
    var parts = [SVG.opening(width: width, height: height, title: title, subtitle: subtitle)]
    for value in up.marks {
      parts.append(
        "<path d=\"M\(left) \(y(value))H\(width - right)\" stroke=\"#dddddd\" fill=\"none\"/>")
      parts.append(SVG.text(left - 8, y(value) + 4, up.label(value), anchor: "end"))
    }
    for value in across.marks {
      parts.append(SVG.text(x(value), height - bottom + 20, across.label(value), anchor: "middle"))
    }
    parts.append(SVG.text((left + width - right) / 2, height - 8, xName, anchor: "middle", fill: "#555555"))
    parts.append(SVG.text(16, top - 14, yName, fill: "#555555"))
    for (index, series) in series.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      if series.look != .points {
        let path = series.points.enumerated().map { "\($0 == 0 ? "M" : "L")\(x($1.x)) \(y($1.y))" }.joined()
        parts.append("<path d=\"\(path)\" stroke=\"\(colour)\" stroke-width=\"2\" fill=\"none\"/>")
      }
      for point in series.look == .line ? [] : series.points {
        let place = x(point.x)
        parts.append(
          "<path d=\"M\(place) \(y(point.y - point.spread))V\(y(point.y + point.spread))\" stroke=\"\(colour)\"/>"
        )
        parts.append(Self.mark(index, place, y(point.y), colour))
      }
      let line = top + 6 + 22 * index
      parts.append(Self.mark(index, width - right + 20, line, colour))
      parts.append(SVG.text(width - right + 32, line + 4, series.name))
    }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private static func mark(_ index: Int, _ x: Int, _ y: Int, _ colour: String) -> String {
    switch index % 3 {
    case 0: "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"4\" fill=\"\(colour)\"/>"
    case 1: "<rect x=\"\(x - 4)\" y=\"\(y - 4)\" width=\"8\" height=\"8\" fill=\"\(colour)\"/>"
    default: "<path d=\"M\(x - 5) \(y + 4)L\(x) \(y - 5)L\(x + 5) \(y + 4)Z\" fill=\"\(colour)\"/>"
    }
  }
}
