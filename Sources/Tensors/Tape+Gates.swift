internal import Foundation

extension Tape {
  /// max(x, 0).
  package func relu(_ x: Value) -> Value {
    let result = make(x.tensor.shape)
    let (source, target) = (x.tensor.floatPointer, result.floatPointer)
    // A number that is none stays none.
    for index in 0..<result.count { target[index] = source[index] < 0 ? 0 : source[index] }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      for index in 0..<slope.count {
        slope.floatPointer[index] = x.tensor.floatPointer[index] > 0 ? gradient.floatPointer[index] : 0
      }
      accumulate(slope, into: x)
    }
  }

  /// Rows multiplied by the sigmoids of other rows, each of which is shared by as many rows that follow each other.
  /// - Shape: x `[runs · n, width]`, gates `[runs, width]` → `[runs · n, width]`
  package func gate(_ x: Value, by gates: Value) -> Value {
    let (width, runs) = (x.width, gates.rows)
    precondition(gates.width == width && runs > 0 && x.rows % runs == 0)
    let each = x.rows / runs * width
    let open = gates.tensor.floats().map { 1 / (1 + exp(-$0)) }
    let result = make(x.tensor.shape)
    for index in 0..<result.count {
      result.floatPointer[index] = x.tensor.floatPointer[index] * open[index / each * width + index % width]
    }
    guard isTracked(x, gates) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let (slope, gateSlope) = (make(x.tensor.shape), zeros(gates.tensor.shape))
      for index in 0..<slope.count {
        let place = index / each * width + index % width
        slope.floatPointer[index] = gradient.floatPointer[index] * open[place]
        gateSlope.floatPointer[place] +=
          gradient.floatPointer[index] * x.tensor.floatPointer[index] * open[place] * (1 - open[place])
      }
      if gates.node != nil { accumulate(gateSlope, into: gates) }
      if x.node != nil { accumulate(slope, into: x) }
    }
  }
}
