package import Tensors

/// x · weightᵀ, with or without a bias.
package struct Linear: Sendable {
  /// - Shape: `[outputs, inputs]`
  package let weight: Parameter
  /// - Shape: `[outputs]`
  package let bias: Parameter?

  init(
    _ name: String, inputs: Int, outputs: Int, bias hasBias: Bool, from source: any ParameterSource,
    deviation: Float, role: WeightPrecision.Role = .matrix
  ) {
    weight = source.parameter(
      "\(name).weight", [outputs, inputs], initial: .normal(deviation: deviation), role: role)
    bias = hasBias ? source.parameter("\(name).bias", [outputs], initial: .constant(0)) : nil
  }

  init(weight: Parameter, bias: Parameter?) { (self.weight, self.bias) = (weight, bias) }

  package func callAsFunction(_ x: Value, _ tape: Tape) -> Value { tape.linear(x, map) }

  var map: Tape.Map { Tape.Map(weight, bias: bias) }

  var parameters: [Parameter] { [weight] + [bias].compactMap { $0 } }
}

/// Root-mean-square normalisation with a learnt scale.
package struct RMSNorm: Sendable {
  package let weight: Parameter
  /// What is added to the weight.
  let offset: Float
  let epsilon: Float

  init(
    _ name: String, width: Int, epsilon: Float, offset: Float = 0, from source: any ParameterSource
  ) {
    weight = source.parameter("\(name).weight", [width], initial: .constant(1 - offset))
    (self.offset, self.epsilon) = (offset, epsilon)
  }

  package func callAsFunction(_ x: Value, _ tape: Tape) -> Value {
    tape.rmsNorm(x, weight: weight, offset: offset, epsilon: epsilon)
  }
}

/// Layer normalisation with a learnt scale and shift.
package struct LayerNorm: Sendable {
  package let weight: Parameter
  package let bias: Parameter
  let epsilon: Float

  init(_ name: String, width: Int, epsilon: Float, from source: any ParameterSource) {
    weight = source.parameter("\(name).weight", [width], initial: .constant(1))
    bias = source.parameter("\(name).bias", [width], initial: .constant(0))
    self.epsilon = epsilon
  }

  package func callAsFunction(_ x: Value, _ tape: Tape) -> Value {
    tape.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon)
  }

  var parameters: [Parameter] { [weight, bias] }
}
