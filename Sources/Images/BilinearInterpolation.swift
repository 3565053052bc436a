internal import Tensors

/// Bilinear interpolation of floating-point samples without antialiasing, in PyTorch's single-precision arithmetic
/// (`upsample_bilinear2d` in aten's UpSample.h).
struct BilinearInterpolation {
  /// For one output place, the two source places and their weights.
  private struct Tap {
    var first: Int
    var second: Int
    var firstWeight: Float
    var secondWeight: Float
  }

  private let rows: [Tap]
  private let columns: [Tap]

  /// - Parameter alignsCorners: The first and last samples stay where they are; otherwise pixels are areas.
  init(from input: (width: Int, height: Int), to output: (width: Int, height: Int), alignsCorners: Bool) {
    rows = Self.taps(input: input.height, output: output.height, alignsCorners: alignsCorners)
    columns = Self.taps(input: input.width, output: output.width, alignsCorners: alignsCorners)
  }

  private static func taps(input: Int, output: Int, alignsCorners: Bool) -> [Tap] {
    if input == output {
      return (0..<output).map { Tap(first: $0, second: $0, firstWeight: 1, secondWeight: 0) }
    }
    let scale: Float =
      alignsCorners ? (output > 1 ? Float(input - 1) / Float(output - 1) : 0) : Float(input) / Float(output)
    return (0..<output).map { place in
      let center = alignsCorners ? scale * Float(place) : max(scale * (Float(place) + 0.5) - 0.5, 0)
      let first = min(Int(center), input - 1)
      let weight = min(max(center - Float(first), 0), 1)
      return Tap(
        first: first, second: min(first + 1, input - 1), firstWeight: 1 - weight, secondWeight: weight)
    }
  }

  /// - Parameter pixels: Of the input size.
  /// - Shape: `[views, channels, height, width]` → the same of the output size
  func apply(to pixels: Tensor) -> Tensor {
    let (height, width) = (pixels.shape[2], pixels.shape[3])
    return pixels.withFloats { input in
      Tensor(floats: [pixels.shape[0], pixels.shape[1], rows.count, columns.count]) { output in
        var write = 0
        for plane in 0..<pixels.shape[0] * pixels.shape[1] {
          for row in rows {
            let first = (plane * height + row.first) * width
            let second = (plane * height + row.second) * width
            for column in columns {
              let upper =
                column.firstWeight * input[first + column.first]
                + column.secondWeight * input[first + column.second]
              let lower =
                column.firstWeight * input[second + column.first]
                + column.secondWeight * input[second + column.second]
              output[write] = row.firstWeight * upper + row.secondWeight * lower
              write += 1
            }
          }
        }
      }
    }
  }
}

/// Pictures as samples.
extension Tensor {
  /// - Precondition: The sides are positive.
  /// - Shape: `[views, channels, height, width]` → `[views, channels, newHeight, newWidth]`
  func interpolated(width newWidth: Int, height newHeight: Int, alignsCorners: Bool) -> Tensor {
    BilinearInterpolation(
      from: (shape[3], shape[2]), to: (newWidth, newHeight), alignsCorners: alignsCorners
    ).apply(to: self)
  }

  /// One picture cut into `grid` × `grid` tiles of one size, row by row, with another view behind them.
  /// - Shape: `[1, channels, height, width]` → `[grid · grid (+ 1), channels, height / grid, width / grid]`
  func tiles(_ grid: Int, followedBy last: Tensor? = nil) -> Tensor {
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let (tileWidth, tileHeight) = (width / grid, height / grid)
    let shape = [grid * grid + (last == nil ? 0 : 1), channels, tileHeight, tileWidth]
    return Tensor(floats: shape) { start in
      var write = start
      withFloats { pixels in
        for tile in 0..<grid * grid {
          let (top, left) = (tile / grid * tileHeight, tile % grid * tileWidth)
          for line in 0..<channels * tileHeight {
            let row = line / tileHeight * height + top + line % tileHeight
            for column in left..<left + tileWidth {
              write.pointee = pixels[row * width + column]
              write += 1
            }
          }
        }
      }
      last?.withFloats { for (place, value) in $0.enumerated() { write[place] = value } }
    }
  }
}
