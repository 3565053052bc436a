internal import CKernels
internal import Foundation

/// The activation functions of the supported models.
package enum Activation: String, Sendable, CaseIterable {
  /// x/2 · (1 + erf(x/√2))
  case gelu
  /// The tanh approximation of `gelu`.
  case geluTanh
  /// x · sigmoid(1.702 x)
  case quickGelu
  /// x · sigmoid(x)
  case silu
  /// x, for gates without an activation.
  case identity

  var kernel: GMActivation {
    switch self {
    case .gelu: GM_GELU_ERF
    case .geluTanh: GM_GELU_TANH
    case .quickGelu: GM_GELU_QUICK
    case .silu: GM_SILU
    case .identity: GM_IDENTITY
    }
  }
}

extension Tape {
  /// Runs kernels over `count` items of `width` numbers each, in parts at the same time where that pays.
  func eachPart(of count: Int, width: Int = 1, _ body: @Sendable (GMKernels, Range<Int>) -> Void) {
    let kernels = backend.kernels
    backend.parallel(count, threads: backend.usefulThreads(elements: count * width)) {
      body(kernels.functions, $0)
    }
  }

  /// a + b, of equal shapes.
  package func add(_ a: Value, _ b: Value) -> Value {
    precondition(a.tensor.count == b.tensor.count, "\(a.tensor.shape) + \(b.tensor.shape)")
    let result = make(a.tensor.shape)
    let (left, right, target) = (
      Shared(a.tensor.floatPointer), Shared(b.tensor.floatPointer), Shared(result.floatPointer)
    )
    eachPart(of: result.count) { functions, part in
      functions.add(
        left.pointer + part.lowerBound, right.pointer + part.lowerBound, target.pointer + part.lowerBound,
        Int64(part.count))
    }
    guard isTracked(a, b) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      if a.node != nil && b.node != nil {
        // One of them may keep the tensor, so the other gets memory of its own.
        withGradient(of: a) { sum, isSet in
          if isSet {
            backend.addInPlace(sum, gradient)
          } else {
            sum.floatPointer.update(from: gradient.floatPointer, count: sum.count)
          }
        }
        accumulate(gradient, into: b)
      } else {
        accumulate(gradient, into: a.node == nil ? b : a)
      }
    }
  }

  /// x · factor.
  package func scale(_ x: Value, by factor: Float) -> Value {
    let result = zeros(x.tensor.shape)
    backend.kernels.functions.add_scaled(
      result.floatPointer, x.tensor.floatPointer, factor, Int64(result.count))
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      addScaledGradient(gradient, factor, to: x)
    }
  }

  /// x + amount, for few numbers such as the weights of norms.
  func shifted(_ x: Value, by amount: Float) -> Value {
    let result = make(x.tensor.shape)
    for index in 0..<x.tensor.count {
      result.floatPointer[index] = x.tensor.floatPointer[index] + amount
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in accumulate(gradient, into: x) }
  }

  /// The hyperbolic tangent, for few numbers such as gates.
  package func tanh(_ x: Value) -> Value {
    let result = make(x.tensor.shape)
    for index in 0..<x.tensor.count {
      result.floatPointer[index] = Foundation.tanh(x.tensor.floatPointer[index])
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      for index in 0..<x.tensor.count {
        let value = result.floatPointer[index]
        slope.floatPointer[index] = gradient.floatPointer[index] * (1 - value * value)
      }
      accumulate(slope, into: x)
    }
  }

  package func activation(_ kind: Activation, _ x: Value) -> Value {
    let result = make(x.tensor.shape)
    let functions = backend.kernels.functions
    let (source, target) = (Shared(x.tensor.floatPointer), Shared(result.floatPointer))
    eachPart(of: result.count) { functions, part in
      functions.activation(
        kind.kernel, source.pointer + part.lowerBound, target.pointer + part.lowerBound, Int64(part.count))
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      functions.activation_backward(
        kind.kernel, x.tensor.floatPointer, gradient.floatPointer, slope.floatPointer, Int64(slope.count))
      accumulate(slope, into: x)
    }
  }

  /// activation(gate) · up, the middle of a gated MLP.
  package func gated(_ kind: Activation = .silu, gate: Value, up: Value) -> Value {
    precondition(gate.tensor.count == up.tensor.count, "\(gate.tensor.shape) gates \(up.tensor.shape)")
    let result = make(gate.tensor.shape)
    let functions = backend.kernels.functions
    functions.gated(
      kind.kernel, gate.tensor.floatPointer, up.tensor.floatPointer, result.floatPointer, Int64(result.count))
    guard isTracked(gate, up) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let (gateSlope, upSlope) = (make(gate.tensor.shape), make(up.tensor.shape))
      functions.gated_backward(
        kind.kernel, gate.tensor.floatPointer, up.tensor.floatPointer, gradient.floatPointer,
        gateSlope.floatPointer,
        upSlope.floatPointer, Int64(gateSlope.count))
      accumulate(gateSlope, into: gate)
      accumulate(upSlope, into: up)
    }
  }

  func addScaledGradient(_ gradient: Tensor, _ factor: Float, to value: Value) {
    addGradient(of: value) {
      backend.kernels.functions.add_scaled($0.floatPointer, gradient.floatPointer, factor, Int64($0.count))
    }
  }
}
