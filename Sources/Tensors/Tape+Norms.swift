internal import CKernels

extension Tape {
  /// x · (weight + offset) / √(mean(x²) + ε), row by row (Zhang & Sennrich 2019).
  /// - Shape: x `[rows, width]`, weight `[width]`
  package func rmsNorm(_ x: Value, weight: Parameter, offset: Float = 0, epsilon: Float) -> Value {
    let weight = wideValue(of: weight)
    return rmsNorm(x, weight: offset == 0 ? weight : shifted(weight, by: offset), epsilon: epsilon)
  }

  func rmsNorm(_ x: Value, weight: Value, epsilon: Float) -> Value {
    let result = make(x.tensor.shape)
    let inverse = make(Shape(x.rows))
    let functions = backend.kernels.functions
    let (source, target, width) = (Shared(x.tensor.floatPointer), Shared(result.floatPointer), x.width)
    let scale = weight.tensor
    eachPart(of: x.rows, width: width) { functions, part in
      let first = part.lowerBound
      functions.rms_norm(
        source.pointer + first * width, scale.floatPointer, target.pointer + first * width,
        inverse.floatPointer + first, Int64(part.count), Int64(width), epsilon)
    }
    guard isTracked(x, weight) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      withNormGradient(of: weight) {
        functions.rms_norm_backward(
          x.tensor.floatPointer, weight.tensor.floatPointer, inverse.floatPointer, gradient.floatPointer,
          slope.floatPointer, $0.floatPointer, Int64(x.rows), Int64(x.width))
      }
      accumulate(slope, into: x)
    }
  }

  /// (x − mean) / √(variance + ε) · weight + bias, row by row (Ba et al. 2016).
  /// - Shape: x `[rows, width]`, weight and bias `[width]`
  package func layerNorm(_ x: Value, weight: Parameter, bias: Parameter, epsilon: Float) -> Value {
    layerNorm(x, weight: wideValue(of: weight), bias: wideValue(of: bias), epsilon: epsilon)
  }

  func layerNorm(_ x: Value, weight: Value, bias: Value, epsilon: Float) -> Value {
    let result = make(x.tensor.shape)
    let (mean, inverse) = (make(Shape(x.rows)), make(Shape(x.rows)))
    let functions = backend.kernels.functions
    let (source, target, width) = (Shared(x.tensor.floatPointer), Shared(result.floatPointer), x.width)
    let (scale, shift) = (weight.tensor, bias.tensor)
    eachPart(of: x.rows, width: width) { functions, part in
      let first = part.lowerBound
      functions.layer_norm(
        source.pointer + first * width, scale.floatPointer, shift.floatPointer,
        target.pointer + first * width, mean.floatPointer + first, inverse.floatPointer + first,
        Int64(part.count), Int64(width), epsilon)
    }
    guard isTracked(x, weight, bias) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      withNormGradient(of: weight) { weightSum in
        withNormGradient(of: bias) { biasSum in
          functions.layer_norm_backward(
            x.tensor.floatPointer, weight.tensor.floatPointer, mean.floatPointer, inverse.floatPointer,
            gradient.floatPointer, slope.floatPointer, weightSum.floatPointer, biasSum.floatPointer,
            Int64(x.rows),
            Int64(x.width))
        }
      }
      accumulate(slope, into: x)
    }
  }

  /// Norm kernels always sum the gradients of their weights; those of frozen weights go to scratch memory.
  private func withNormGradient(of weight: Value, _ add: (Tensor) -> Void) {
    if weight.node == nil {
      add(zeros(weight.tensor.shape))
    } else {
      addGradient(of: weight, add)
    }
  }
}
