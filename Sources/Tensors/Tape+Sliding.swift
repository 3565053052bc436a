internal import CKernels

extension Tape {
  /// A convolution along rows, each column with its own numbers: row i is bias + Σₜ weight[:, t] · x[sources[i, t]].
  /// - Parameter sources: For each result row the rows of x, −1 for none.
  /// - Shape: x `[n, width]`, sources `[rows, length]`, weight `[width, 1, length]`, bias `[width]` → `[rows, width]`
  package func slidingSum(_ x: Value, sources: [Int32], weight: Parameter, bias: Parameter?) -> Value {
    slidingSum(x, sources: sources, weight: wideValue(of: weight), bias: bias.map { wideValue(of: $0) })
  }

  /// As above, with values for parameters, for tests.
  func slidingSum(_ x: Value, sources: [Int32], weight: Value, bias: Value?) -> Value {
    let (width, length) = (x.width, weight.tensor.count / max(1, x.width))
    let rows = sources.count / length
    precondition(weight.tensor.count == width * length && sources.allSatisfy { $0 < x.rows })
    let result = make(rows, width)
    for row in 0..<rows {
      let target = result.floatPointer + row * width
      if let bias {
        target.update(from: bias.tensor.floatPointer, count: width)
      } else {
        target.update(repeating: 0, count: width)
      }
    }
    // The numbers of each step side by side.
    let taps = make(length, width)
    for column in 0..<width {
      for step in 0..<length {
        taps.floatPointer[step * width + column] = weight.tensor.floatPointer[column * length + step]
      }
    }
    func visit(_ body: (_ row: Int, _ step: Int, _ source: Int) -> Void) {
      for place in sources.indices where sources[place] >= 0 {
        body(place / length, place % length, Int(sources[place]))
      }
    }
    visit { row, step, source in
      let (target, factors) = (result.floatPointer + row * width, taps.floatPointer + step * width)
      let numbers = x.tensor.floatPointer + source * width
      for column in 0..<width { target[column] += factors[column] * numbers[column] }
    }
    guard isTracked(x, weight, bias) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      if x.node != nil {
        addGradient(of: x) { sum in
          visit { row, step, source in
            let (slope, factors) = (gradient.floatPointer + row * width, taps.floatPointer + step * width)
            let target = sum.floatPointer + source * width
            for column in 0..<width { target[column] += factors[column] * slope[column] }
          }
        }
      }
      if weight.node != nil {
        addGradient(of: weight) { sum in
          visit { row, step, source in
            let slope = gradient.floatPointer + row * width
            let numbers = x.tensor.floatPointer + source * width
            for column in 0..<width {
              sum.floatPointer[column * length + step] += slope[column] * numbers[column]
            }
          }
        }
      }
      if let bias {
        addGradient(of: bias) {
          backend.kernels.functions.sum_rows(
            gradient.floatPointer, $0.floatPointer, Int64(rows), Int64(width))
        }
      }
    }
  }
}
