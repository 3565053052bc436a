internal import CKernels

/// Rows that are weighted sums of other rows: resampled grids, means.
package struct RowMix: Sendable {
  /// For each result row, the rows that it draws on and their weights.
  package let parts: [[(row: Int, weight: Float)]]

  package init(_ parts: [[(row: Int, weight: Float)]]) { self.parts = parts }

  /// The mean of each run of `count` rows.
  package static func means(of count: Int, runs: Int) -> RowMix {
    RowMix((0..<runs).map { run in (0..<count).map { (run * count + $0, 1 / Float(count)) } })
  }

  /// One weight list per axis, combined over a grid of rows.
  /// - Parameters:
  ///   - rows: For each row of the result's grid, the rows of the source's grid and their weights; columns alike.
  ///   - width: Columns of the source's grid.
  package static func grid(
    rows: [[(row: Int, weight: Float)]], columns: [[(row: Int, weight: Float)]], width: Int
  ) -> RowMix {
    RowMix(
      rows.flatMap { vertical in
        columns.map { horizontal in
          vertical.flatMap { y in horizontal.map { (y.row * width + $0.row, y.weight * $0.weight) } }
        }
      })
  }
}

extension Tape {
  /// - Shape: x `[n, width]` → `[mix.parts.count, width]`
  package func mix(_ x: Value, _ mix: RowMix) -> Value {
    let width = x.width
    let add = backend.kernels.functions.add_scaled
    let result = zeros(Shape(mix.parts.count, width))
    for (target, parts) in mix.parts.enumerated() {
      for part in parts {
        precondition((0..<x.rows).contains(part.row), "row \(part.row) of \(x.tensor.shape)")
        add?(
          result.floatPointer + target * width, x.tensor.floatPointer + part.row * width, part.weight,
          Int64(width))
      }
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      addGradient(of: x) { sum in
        for (source, parts) in mix.parts.enumerated() {
          for part in parts {
            add?(
              sum.floatPointer + part.row * width, gradient.floatPointer + source * width, part.weight,
              Int64(width))
          }
        }
      }
    }
  }

  /// Values of equally many rows, side by side.
  /// - Shape: `[rows, wᵢ]` each → `[rows, Σ wᵢ]`
  package func besides(_ parts: [Value]) -> Value {
    let rows = parts.first?.rows ?? 0
    let width = parts.reduce(0) { $0 + $1.width }
    let result = make(rows, width)
    var start = 0
    for part in parts {
      precondition(part.rows == rows)
      for row in 0..<rows {
        (result.floatPointer + row * width + start)
          .update(from: part.tensor.floatPointer + row * part.width, count: part.width)
      }
      start += part.width
    }
    guard records, parts.contains(where: { $0.node != nil }) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      var start = 0
      for part in parts {
        if part.node != nil {
          let slope = make(part.tensor.shape)
          for row in 0..<rows {
            (slope.floatPointer + row * part.width)
              .update(from: gradient.floatPointer + row * width + start, count: part.width)
          }
          accumulate(slope, into: part)
        }
        start += part.width
      }
    }
  }

  /// Each column multiplied by its own factor.
  /// - Shape: x `[rows, width]`, factors `[width]`
  package func scaleColumns(_ x: Value, by factors: Parameter) -> Value {
    scaleColumns(x, by: wideValue(of: factors))
  }

  /// As above, with a value for the parameter, for tests.
  func scaleColumns(_ x: Value, by scale: Value) -> Value {
    let (rows, width) = (x.rows, x.width)
    let result = make(x.tensor.shape)
    func multiply(_ a: Tensor, into target: Tensor) {
      backend.kernels.functions.scale_columns(
        a.floatPointer, scale.tensor.floatPointer, target.floatPointer, Int64(rows), Int64(width))
    }
    multiply(x.tensor, into: result)
    guard isTracked(x, scale) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      if scale.node != nil {
        addGradient(of: scale) { sum in
          for row in 0..<rows {
            for column in 0..<width {
              sum.floatPointer[column] +=
                x.tensor.floatPointer[row * width + column] * gradient.floatPointer[row * width + column]
            }
          }
        }
      }
      if x.node != nil {
        let slope = make(x.tensor.shape)
        multiply(gradient, into: slope)
        accumulate(slope, into: x)
      }
    }
  }
}
