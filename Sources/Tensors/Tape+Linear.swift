internal import CKernels

extension Tape {
  /// A weight and perhaps a bias, as operands of a linear operation.
  /// - Shape: weight `[outputs, inputs]`, bias `[outputs]`
  package struct Map {
    package let weight: Parameter
    package let bias: Parameter?

    package init(_ weight: Parameter, bias: Parameter? = nil) {
      self.weight = weight
      self.bias = bias
    }

    /// Whether operations may multiply by the weight as it is stored and fuse what follows.
    fileprivate var isFusible: Bool { weight.lowRankChange == nil }
  }

  /// activation(x · weightᵀ + bias).
  /// - Shape: x `[rows, inputs]` → `[rows, outputs]`
  package func linear(_ x: Value, _ map: Map, activation kind: Activation? = nil) -> Value {
    if records || !map.isFusible {
      var result = linear(x, value(of: map.weight), bias: map.bias.map { wideValue(of: $0) })
      if let change = map.weight.lowRankChange {
        let narrow = linear(x, value(of: change.down))
        result = add(result, scale(linear(narrow, value(of: change.up)), by: change.scale))
      }
      return kind.map { activation($0, result) } ?? result
    }
    var rows = ProductRows(x.tensor)
    return product(&rows, map, ProductEnding(activation: kind))
  }

  package func linear(_ x: Value, _ weight: Parameter, bias: Parameter? = nil) -> Value {
    linear(x, Map(weight, bias: bias))
  }

  /// Several products of the same rows.
  package func linear(_ x: Value, _ maps: [Map]) -> [Value] {
    if records || !maps.allSatisfy(\.isFusible) { return maps.map { linear(x, $0) } }
    var rows = ProductRows(x.tensor)
    return maps.map { product(&rows, $0, ProductEnding()) }
  }

  /// residual + factor · (x · weightᵀ + bias), with a factor per row.
  /// - Shape: x `[rows, inputs]`, residual `[rows, outputs]`, factors `[rows]`
  package func linear(_ x: Value, _ map: Map, factors: Value? = nil, addedTo residual: Value) -> Value {
    if records || !map.isFusible {
      let change = linear(x, map)
      return add(residual, factors.map { scaleRows(change, by: $0) } ?? change)
    }
    var rows = ProductRows(x.tensor)
    return product(&rows, map, ProductEnding(factors: factors?.tensor, residual: residual.tensor))
  }

  /// residual + factors · (x · weightᵀ + bias), with a learnt factor per output.
  /// - Shape: x `[rows, inputs]`, residual `[rows, outputs]`, factors `[outputs]`
  package func linear(_ x: Value, _ map: Map, scaledBy factors: Parameter, addedTo residual: Value) -> Value {
    if records || !map.isFusible { return add(residual, scaleColumns(linear(x, map), by: factors)) }
    var rows = ProductRows(x.tensor)
    return product(
      &rows, map,
      ProductEnding(
        columnFactors: backend.floats(of: factors.tensor, pool: pool), residual: residual.tensor))
  }

  /// activation(x · gateᵀ) · (x · upᵀ), the first half of a gated MLP.
  package func gatedLinear(_ x: Value, gate: Map, up: Map, by kind: Activation = .silu) -> Value {
    if records || gate.bias != nil || up.bias != nil || !gate.isFusible || !up.isFusible {
      let halves = linear(x, [gate, up])
      return gated(kind, gate: halves[0], up: halves[1])
    }
    var rows = ProductRows(x.tensor)
    return product(&rows, gate, up: up.weight, ProductEnding(activation: kind))
  }

  private func product(
    _ rows: inout ProductRows, _ map: Map, up: Parameter? = nil, _ ending: ProductEnding
  ) -> Value {
    let result = make(rows.tensor.rows, map.weight.shape.rows)
    var ending = ending
    ending.bias = map.bias.map { backend.floats(of: $0.tensor, pool: pool) }
    backend.product(&rows, map.weight, up: up, ending, into: result, pool: pool)
    return Value(constant: result)
  }

  /// The same with gradients, and the weight as a value.
  package func linear(_ x: Value, _ weight: Value, bias: Value? = nil) -> Value {
    let (rows, inputs, outputs) = (x.rows, weight.tensor.width, weight.rows)
    precondition(x.width == inputs, "rows of width \(x.width) meet a weight \(weight.tensor.shape)")
    let result = make(rows, outputs)
    backend.multiplyByWeight(x.tensor, weight.tensor, into: result, pool: pool)
    if let bias {
      backend.kernels.functions.add_bias(
        result.floatPointer, bias.tensor.floatPointer, Int64(rows), Int64(outputs))
    }
    guard isTracked(x, weight, bias) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      // dx = dy · W, dW = dyᵀ · x, db = Σ dy
      let lowPrecision = weight.tensor.dtype == .bfloat16
      withGradient(of: x) { sum, isSet in
        if lowPrecision,
          backend.multiplyBFloat16(
            gradient, false, weight.tensor, false, into: sum, m: rows, n: inputs, k: outputs,
            accumulate: isSet, pool: pool)
        {
          return
        }
        let wide = backend.floats(of: weight.tensor, pool: pool)
        backend.multiply(
          gradient.floatPointer, wide.floatPointer, into: sum.floatPointer, m: rows, n: inputs, k: outputs,
          accumulate: isSet)
      }
      withGradient(of: weight) { sum, isSet in
        if lowPrecision,
          backend.multiplyBFloat16(
            gradient, true, x.tensor, false, into: sum, m: outputs, n: inputs, k: rows, accumulate: isSet,
            pool: pool)
        {
          return
        }
        backend.multiply(
          gradient.floatPointer, transposed: true, x.tensor.floatPointer, into: sum.floatPointer, m: outputs,
          n: inputs,
          k: rows, accumulate: isSet)
      }
      if let bias {
        addGradient(of: bias) {
          backend.kernels.functions.sum_rows(
            gradient.floatPointer, $0.floatPointer, Int64(rows), Int64(outputs))
        }
      }
    }
  }
}
