internal import Foundation
internal import MixtureOfDepths

/// Accuracies against the share that is skipped, with their spreads, written as an SVG file.
struct LinePlot {
  struct Point {
    let x: Double
    let y: Double
    let spread: Double
  }

  struct Series {
    let name: String
    let points: [Point]
    /// Whether the points are joined.
    let isLine: Bool
  }

  let title: String
  let subtitle: String
  let xName: String
  let yName: String
  let series: [Series]

  /// Distinguishable without colour vision too (Okabe & Ito), and by shape.
  private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

  var svg: String {
    let (width, height, left, right, top, bottom) = (680, 416, 64, 200, 88, 48)
    let points = series.flatMap(\.points)
    let (lowX, highX) = Self.range(points.map(\.x), step: 10)
    let (lowY, highY) = Self.range(points.flatMap { [$0.y - $0.spread, $0.y + $0.spread] }, step: 5)
    func x(_ value: Double) -> Int {
      left + Int((value - lowX) / (highX - lowX) * Double(width - left - right))
    }
    func y(_ value: Double) -> Int {
      height - bottom - Int((value - lowY) / (highY - lowY) * Double(height - top - bottom))
    }
    var parts = [SVG.opening(width: width, height: height, title: title, subtitle: subtitle)]
    for value in stride(from: lowY, through: highY, by: 5) {
      parts.append(
        "<path d=\"M\(left) \(y(value))H\(width - right)\" stroke=\"#dddddd\" fill=\"none\"/>")
      parts.append(SVG.text(left - 8, y(value) + 4, String(Int(value)), anchor: "end"))
    }
    for value in stride(from: lowX, through: highX, by: 10) {
      parts.append(SVG.text(x(value), height - bottom + 20, String(Int(value)), anchor: "middle"))
    }
    parts.append(SVG.text((left + width - right) / 2, height - 8, xName, anchor: "middle", fill: "#555555"))
    parts.append(SVG.text(16, top - 14, yName, fill: "#555555"))
    for (index, series) in series.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      if series.isLine {
        let path = series.points.enumerated().map { "\($0 == 0 ? "M" : "L")\(x($1.x)) \(y($1.y))" }.joined()
        parts.append("<path d=\"\(path)\" stroke=\"\(colour)\" stroke-width=\"2\" fill=\"none\"/>")
      }
      for point in series.points {
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

  /// The values' range, widened to multiples of a step.
  private static func range(_ values: [Double], step: Double) -> (Double, Double) {
    // A hair beyond a multiple is no reason for another step.
    let low = ((values.min() ?? 0) / step + 1e-9).rounded(.down) * step
    let high = ((values.max() ?? 0) / step - 1e-9).rounded(.up) * step
    return (low, max(high, low + step))
  }
}
