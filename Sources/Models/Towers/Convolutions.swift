internal import Tensors

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

  var parameters: [Parameter] { [weight, bias] }

  func callAsFunction(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> Value {
    tape.depthwiseConvolution(rows, of: shape, weight, bias: bias)
  }
}
