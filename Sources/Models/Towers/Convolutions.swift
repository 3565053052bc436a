internal import Tensors

extension Tape {
  /// The cells of each square as one row, cell by cell (pixel shuffle).
  /// - Shape: x `[grids · shape.cells, channels]` → `[grids · cells / side², side² · channels]`; the side divides those of the grid.
  func shuffled(_ x: Value, of shape: GridShape, side: Int) -> Value {
    shuffled(x, of: [GridShape](repeating: shape, count: x.rows / shape.cells), side: side)
  }

  /// The same of grids that differ, one behind the other.
  func shuffled(_ x: Value, of shapes: [GridShape], side: Int) -> Value {
    var (order, start) = ([Int](), 0)
    for shape in shapes {
      let width = shape.width / side
      order += (0..<shape.cells).map { index in
        let (square, place) = (index / (side * side), index % (side * side))
        let row = square / width * side + place / side
        return start + row * shape.width + square % width * side + place % side
      }
      start += shape.cells
    }
    return reshaped(gather(x, rows: order), [x.rows / (side * side), x.width * side * side])
  }
}

/// A convolution whose stride is its side, so that it is a matrix product over squares.
struct Convolution: Sendable {
  /// - Shape: `[outputs, inputs, side, side]`
  let weight: Parameter
  let bias: Parameter

  init(_ name: String, inputs: Int, outputs: Int, side: Int, from source: any ParameterSource) {
    weight = source.parameter(
      "\(name).weight", [outputs, inputs, side, side], initial: .normal(deviation: 0.02), role: .matrix)
    bias = source.parameter("\(name).bias", [outputs], initial: .constant(0))
  }

  var parameters: [Parameter] { [weight, bias] }

  /// - Shape: squares `[n, inputs · side²]`, channel by channel → `[n, outputs]`
  func apply(squares: Value, _ tape: Tape) -> Value { tape.linear(squares, weight, bias: bias) }
}

/// A convolution of each channel by itself.
struct DepthwiseConvolution: Sendable {
  /// - Shape: `[channels, 1, side, side]`
  let weight: Parameter
  let bias: Parameter

  init(_ name: String, channels: Int, side: Int, from source: any ParameterSource) {
    weight = source.parameter(
      "\(name).weight", [channels, 1, side, side], initial: .normal(deviation: 0.02))
    bias = source.parameter("\(name).bias", [channels], initial: .constant(0))
  }

  init(weight: Parameter, bias: Parameter) { (self.weight, self.bias) = (weight, bias) }

  var parameters: [Parameter] { [weight, bias] }

  func callAsFunction(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> Value {
    tape.depthwiseConvolution(rows, of: shape, weight, bias: bias)
  }
}
