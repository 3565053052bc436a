internal import CKernels
internal import Foundation

extension Tape {
  /// Σ over rows of −log softmax(logits)[target], times `scale`; rows with a negative target are left out.
  /// - Parameter weights: A factor for each row; 1 if nil.
  /// - Shape: logits `[rows, classes]`, targets one per row → scalar `[1]`
  package func crossEntropy(_ logits: Value, targets: [Int32], weights: [Float]? = nil, scale: Float) -> Value
  {
    precondition(targets.count == logits.rows && targets.allSatisfy { $0 < logits.width })
    let losses = make(Shape(logits.rows))
    let slope = isTracked(logits) ? make(logits.tensor.shape) : nil
    let functions = backend.kernels.functions
    functions.cross_entropy(
      logits.tensor.floatPointer, targets, losses.floatPointer, slope?.floatPointer, scale,
      Int64(logits.rows),
      Int64(logits.width))
    var values = losses.floats()
    if let weights {
      precondition(weights.count == logits.rows)
      values = zip(values, weights).map { $0 * $1 }
      if let slope {
        functions.scale_rows(
          slope.floatPointer, weights, slope.floatPointer, Int64(logits.rows), Int64(logits.width))
      }
    }
    let sum = values.reduce(0.0) { $0 + Double($1) }
    let loss = Tensor([Float(sum) * scale], shape: [1])
    guard let slope else { return Value(constant: loss) }
    return record(loss) { [unowned self] gradient in
      addScaledGradient(slope, gradient.scalar, to: logits)
    }
  }

  /// Σ over rows of weight · mean((x − target)²), times `scale`.
  /// - Shape: x and target `[rows, width]`, weights one per row → scalar `[1]`
  package func squaredError(_ x: Value, target: Tensor, weights: [Float], scale: Float) -> Value {
    precondition(x.tensor.shape == target.shape && weights.count == x.rows)
    let difference = make(x.tensor.shape)
    let functions = backend.kernels.functions
    difference.floatPointer.update(from: x.tensor.floatPointer, count: difference.count)
    functions.add_scaled(difference.floatPointer, target.floatPointer, -1, Int64(difference.count))
    var sum = 0.0
    for (row, weight) in weights.enumerated() {
      sum +=
        Double(weight) * functions.sum_of_squares(difference.floatPointer + row * x.width, Int64(x.width))
    }
    let factor = scale / Float(x.width)
    let loss = Tensor([Float(sum) * factor], shape: [1])
    guard isTracked(x) else { return Value(constant: loss) }
    return record(loss) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      let rowFactors = weights.map { $0 * 2 * factor * gradient.scalar }
      functions.scale_rows(
        difference.floatPointer, rowFactors, slope.floatPointer, Int64(x.rows), Int64(x.width))
      accumulate(slope, into: x)
    }
  }

  /// The probability of the second of two classes, softmax(logits)[1].
  /// - Shape: logits `[rows, 2]` → `[rows]`
  package func secondClassProbability(_ logits: Value) -> Value {
    precondition(logits.width == 2)
    let rows = logits.rows
    let result = make(Shape(rows))
    for row in 0..<rows {
      let pair = logits.tensor.floatPointer + 2 * row
      result.floatPointer[row] = 1 / (1 + exp(pair[0] - pair[1]))
    }
    guard isTracked(logits) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(logits.tensor.shape)
      for row in 0..<rows {
        let p = result.floatPointer[row]
        let change = gradient.floatPointer[row] * p * (1 - p)
        slope.floatPointer[2 * row] = -change
        slope.floatPointer[2 * row + 1] = change
      }
      accumulate(slope, into: logits)
    }
  }

  /// The same numbers, some of them set to a constant, through which no gradient flows.
  /// - Shape: x `[rows]`
  package func setting(_ x: Value, rows: [Int], to constant: Float) -> Value {
    guard !rows.isEmpty else { return x }
    let result = make(x.tensor.shape)
    result.floatPointer.update(from: x.tensor.floatPointer, count: x.tensor.count)
    for row in rows {
      precondition((0..<x.rows).contains(row), "row \(row) of \(x.tensor.shape)")
      result.floatPointer[row] = constant
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      for row in rows { gradient.floatPointer[row] = 0 }
      accumulate(gradient, into: x)
    }
  }
}
