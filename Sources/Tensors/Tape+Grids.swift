internal import CKernels

/// Grids whose cells are rows of a value, row by row of the grid and one grid behind the other.
package struct GridShape: Sendable, Equatable {
  package let height: Int
  package let width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  package var cells: Int { height * width }
}

extension Tape {
  /// The cells of each `side` × `side` square as one row, channel by channel, as a convolution with that stride reads them.
  /// - Shape: x `[grids · shape.cells, channels]` → `[grids · cells / side², channels · side²]`; what does not fill a
  ///   square at the right and the bottom is left out
  package func squares(_ x: Value, of shape: GridShape, side: Int) -> Value {
    let channels = x.width
    let (height, width) = (shape.height / side, shape.width / side)
    let grids = x.rows / shape.cells
    let result = make(grids * height * width, channels * side * side)
    // Where the number behind (result row, channel, square row, square column) stands in x.
    func visit(_ body: (Int, Int) -> Void) {
      for grid in 0..<grids {
        for cell in 0..<height * width {
          let target = (grid * height * width + cell) * channels * side * side
          let (row, column) = (cell / width * side, cell % width * side)
          for place in 0..<side * side {
            let source =
              (grid * shape.cells + (row + place / side) * shape.width + column + place % side) * channels
            for channel in 0..<channels { body(target + channel * side * side + place, source + channel) }
          }
        }
      }
    }
    let (from, to) = (x.tensor.floatPointer, result.floatPointer)
    visit { target, source in to[target] = from[source] }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = zeros(x.tensor.shape)
      visit { target, source in slope.floatPointer[source] = gradient.floatPointer[target] }
      accumulate(slope, into: x)
    }
  }

  /// Each channel of a grid convolved with its own square kernel, with zeros around the grid.
  /// - Shape: x `[grids · shape.cells, channels]`, weight `[channels, 1, side, side]` with an odd side, bias `[channels]`
  package func depthwiseConvolution(_ x: Value, of shape: GridShape, _ weight: Parameter, bias: Parameter)
    -> Value
  {
    depthwiseConvolution(x, of: shape, wideValue(of: weight), bias: wideValue(of: bias))
  }

  /// As above, with values for parameters, for tests.
  func depthwiseConvolution(_ x: Value, of shape: GridShape, _ factors: Value, bias shift: Value) -> Value {
    let (channels, side) = (x.width, factors.tensor.shape[3])
    let result = make(x.tensor.shape)
    let taps = Self.taps(factors.tensor, isTurned: false)
    let turned = isTracked(x) ? Self.taps(factors.tensor, isTurned: true) : taps
    let grids = x.rows / shape.cells
    convolve(x.tensor, taps, shape, side: side, bias: shift.tensor, into: result)
    guard isTracked(x, factors, shift) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      if shift.node != nil {
        addGradient(of: shift) {
          backend.kernels.functions.sum_rows(
            gradient.floatPointer, $0.floatPointer, Int64(gradient.rows), Int64(channels))
        }
      }
      if factors.node != nil {
        let slopes = zeros(Shape(side * side, channels))
        for grid in 0..<grids {
          let start = grid * shape.cells * channels
          backend.kernels.functions.depthwise_weight_gradient(
            x.tensor.floatPointer + start, gradient.floatPointer + start, slopes.floatPointer,
            Int64(shape.height),
            Int64(shape.width), Int64(channels), Int64(side))
        }
        addGradient(of: factors) { sum in
          for tap in 0..<side * side {
            for channel in 0..<channels {
              sum.floatPointer[channel * side * side + tap] += slopes.floatPointer[tap * channels + channel]
            }
          }
        }
      }
      if x.node != nil {
        let slope = make(x.tensor.shape)
        convolve(gradient, turned, shape, side: side, bias: nil, into: slope)
        accumulate(slope, into: x)
      }
    }
  }

  private func convolve(
    _ x: Tensor, _ taps: Tensor, _ shape: GridShape, side: Int, bias: Tensor?, into result: Tensor
  ) {
    let (channels, height) = (x.width, shape.height)
    let (source, target) = (Shared(x.floatPointer), Shared(result.floatPointer))
    for grid in 0..<x.rows / shape.cells {
      let start = grid * shape.cells * channels
      let work = shape.cells * channels * side * side * 2
      backend.parallel(height, threads: backend.usefulThreads(work: work)) { [backend] rows in
        backend.kernels.functions.depthwise(
          source.pointer + start, taps.floatPointer, bias?.floatPointer, target.pointer + start,
          Int64(height),
          Int64(shape.width),
          Int64(channels), Int64(side), Int64(rows.lowerBound), Int64(rows.upperBound))
      }
    }
  }

  /// - Shape: `[channels, 1, side, side]` → `[side · side, channels]`, the taps in reverse order if turned
  private static func taps(_ weight: Tensor, isTurned: Bool) -> Tensor {
    let (channels, count) = (weight.rows, weight.width)
    let result = Tensor(uninitialized: [count, channels])
    let (source, target) = (weight.floatPointer, result.floatPointer)
    for channel in 0..<channels {
      for tap in 0..<count {
        target[(isTurned ? count - 1 - tap : tap) * channels + channel] = source[channel * count + tap]
      }
    }
    return result
  }
}
