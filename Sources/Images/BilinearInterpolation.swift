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
  func apply(to pixels: PixelValues) -> PixelValues {
    let plane = pixels.width * pixels.height
    let count = pixels.channels * rows.count * columns.count
    let values = [Float](unsafeUninitializedCapacity: count) { output, initialized in
      pixels.values.withUnsafeBufferPointer { input in
        var write = 0
        for channel in 0..<pixels.channels {
          for row in rows {
            let first = channel * plane + row.first * pixels.width
            let second = channel * plane + row.second * pixels.width
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
      initialized = count
    }
    return PixelValues(values: values, channels: pixels.channels, height: rows.count, width: columns.count)
  }
}

extension PixelValues {
  /// - Precondition: the sides are positive.
  func interpolated(width newWidth: Int, height newHeight: Int, alignsCorners: Bool) -> PixelValues {
    BilinearInterpolation(from: (width, height), to: (newWidth, newHeight), alignsCorners: alignsCorners)
      .apply(to: self)
  }

  /// The picture cut into `grid` × `grid` tiles of one size, row by row.
  func tiles(_ grid: Int) -> [PixelValues] {
    let (tileWidth, tileHeight) = (width / grid, height / grid)
    return (0..<grid * grid).map { tile in
      var part: [Float] = []
      part.reserveCapacity(channels * tileWidth * tileHeight)
      let (top, left) = (tile / grid * tileHeight, tile % grid * tileWidth)
      for channel in 0..<channels {
        for row in top..<top + tileHeight {
          let start = (channel * height + row) * width + left
          part += values[start..<start + tileWidth]
        }
      }
      return PixelValues(values: part, channels: channels, height: tileHeight, width: tileWidth)
    }
  }
}
