extension LinePlot {
  /// At most so many points, each the mean of as many that follow each other.
  package static func thinned(_ points: [Point], to most: Int) -> [Point] {
    let width = (points.count + most - 1) / max(1, most)
    guard width > 1 else { return points }
    return stride(from: 0, to: points.count, by: width).map { first in
      let group = points[first..<min(first + width, points.count)]
      func mean(_ value: (Point) -> Double) -> Double {
        group.reduce(0) { $0 + value($1) } / Double(group.count)
      }
      return Point(x: mean(\.x), y: mean(\.y), spread: mean(\.spread))
    }
  }
}
