internal import CKernels

extension Tape {
  /// x · weightᵀ + bias.
  /// - Shape: x `[rows, inputs]`, weight `[outputs, inputs]`, bias `[outputs]` → `[rows, outputs]`
  public func linear(_ x: Value, _ weight: Parameter, bias: Parameter? = nil) -> Value {
    let weightValue = value(of: weight)
    let biasValue = bias.map { wideValue(of: $0) }
    return linear(x, weightValue, bias: biasValue)
  }

  /// As above, with the weight as a value, for tests and tied weights.
  public func linear(_ x: Value, _ weight: Value, bias: Value? = nil) -> Value {
    let (rows, inputs, outputs) = (x.rows, weight.tensor.width, weight.rows)
    precondition(x.width == inputs, "rows of width \(x.width) meet a weight \(weight.tensor.shape)")
    let result = make([rows, outputs])
    backend.multiplyByWeight(x.tensor, weight.tensor, into: result, pool: pool)
    if let bias {
      backend.kernels.functions.add_bias(
        result.floatPointer, bias.tensor.floatPointer, Int64(rows), Int64(outputs))
    }
    return record(result, tracked: isTracked(x, weight, bias)) { [unowned self] gradient in
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
