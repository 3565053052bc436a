internal import Tensors

/// Weights that change the size of a grid along one axis, as PyTorch's `interpolate` does.
enum Resampling {
  typealias Line = [[(row: Int, weight: Float)]]

  /// Linear, with the centres of the outermost cells on each other.
  static func alignedCorners(from source: Int, to target: Int) -> Line {
    let step = target > 1 ? Float(source - 1) / Float(target - 1) : 0
    return (0..<target).map { between(Float($0) * step, source) }
  }

  /// Linear, with the outer edges on each other.
  /// - Parameter step: Source cells per target cell, where a factor and not a size was asked for.
  static func linear(from source: Int, to target: Int, step: Float? = nil) -> Line {
    let step = step ?? Float(source) / Float(target)
    return (0..<target).map { between(max(0, (Float($0) + 0.5) * step - 0.5), source) }
  }

  private static func between(_ place: Float, _ count: Int) -> [(row: Int, weight: Float)] {
    let first = min(count - 1, Int(place))
    let share = place - Float(first)
    guard share > 0, first + 1 < count else { return [(first, 1)] }
    return [(first, 1 - share), (first + 1, share)]
  }

  /// Linear, over as many more cells as there are fewer of the result's.
  static func smoothLinear(from source: Int, to target: Int) -> Line {
    let step = Float(source) / Float(target)
    return (0..<target).map { index in
      let center = (Float(index) + 0.5) * step - 0.5
      let parts = (0..<source).map { (row: $0, weight: max(0, 1 - abs(Float($0) - center) / max(1, step))) }
      let sum = parts.reduce(0) { $0 + $1.weight }
      return parts.filter { $0.weight > 0 }.map { ($0.row, $0.weight / sum) }
    }
  }

  /// Cubic (a = −½), over as many more cells as there are fewer of the result's.
  static func smoothCubic(from source: Int, to target: Int) -> Line {
    let step = Float(source) / Float(target)
    let stretch = max(1, step)
    return (0..<target).map { index in
      let center = (Float(index) + 0.5) * step
      let from = max(0, Int(center - 2 * stretch + 0.5))
      let to = min(source, Int(center + 2 * stretch + 0.5))
      let weights = (from..<to).map { cubic((Float($0) - center + 0.5) / stretch) }
      let sum = weights.reduce(0, +)
      return zip(from..<to, weights).map { ($0, sum == 0 ? $1 : $1 / sum) }
    }
  }

  private static func cubic(_ distance: Float) -> Float {
    let x = abs(distance)
    if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * -0.5 }
    return 0
  }

  /// The planes of pictures at another size, linear with the corners on each other.
  /// - Shape: `[images, channels, height, width]` → `[images, channels, side, side]`
  static func alignedCorners(_ pixels: Tensor, side: Int) -> Tensor {
    let (planes, height, width) = (pixels.shape[0] * pixels.shape[1], pixels.shape[2], pixels.shape[3])
    let (rows, columns) = (alignedCorners(from: height, to: side), alignedCorners(from: width, to: side))
    var result: [Float] = []
    result.reserveCapacity(planes * side * side)
    pixels.withFloats { numbers in
      for plane in 0..<planes {
        for vertical in rows {
          for horizontal in columns {
            var sum: Float = 0
            for line in vertical {
              let start = (plane * height + line.row) * width
              sum += line.weight * horizontal.reduce(0) { $0 + $1.weight * numbers[start + $1.row] }
            }
            result.append(sum)
          }
        }
      }
    }
    return Tensor(result, shape: [pixels.shape[0], pixels.shape[1], side, side])
  }
}

extension Tape {
  /// Every grid of a value at another size.
  /// - Shape: x `[grids · shape.cells, channels]` → `[grids · rows.count · columns.count, channels]`
  func resample(_ x: Value, of shape: GridShape, rows: Resampling.Line, columns: Resampling.Line) -> Value {
    let one = RowMix.grid(rows: rows, columns: columns, width: shape.width).parts
    let grids = x.rows / shape.cells
    return mix(
      x,
      RowMix(
        (0..<grids).flatMap { grid in
          one.map { $0.map { (row: $0.row + grid * shape.cells, weight: $0.weight) } }
        }))
  }
}
