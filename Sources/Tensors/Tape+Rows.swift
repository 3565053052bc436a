internal import CKernels

/// Rows of one value and the places they take in a packed batch.
package struct RowSource {
  package let value: Value
  /// `places[i]` is the row of the batch that row i of `value` becomes.
  package let places: [Int]

  package init(_ value: Value, places: [Int]) {
    self.value = value
    self.places = places
  }
}

extension Tape {
  /// The rows of an embedding table for token ids.
  /// - Parameter rows: The number of rows that the table is seen as; its own if nil.
  /// - Shape: table `[vocabulary, width]` → `[ids.count, width]`
  package func embedding(_ ids: [Int], table: Parameter, rows: Int? = nil) -> Value {
    if case .packed(let matrix) = table.content {
      let result = make(ids.count, matrix.inputs)
      for (row, id) in ids.enumerated() { matrix.copy(id, to: result.floatPointer + row * matrix.inputs) }
      return Value(constant: result)
    }
    let tensor = rows.map { table.tensor.reshaped([$0, table.count / $0]) } ?? table.tensor
    return gather(Value(tensor: tensor, node: value(of: table).node), rows: ids)
  }

  /// Some rows of `x`, in any order, possibly repeated.
  /// - Shape: x `[n, width]` → `[rows.count, width]`, float32
  package func gather(_ x: Value, rows: [Int]) -> Value {
    let width = x.width
    let result = make(rows.count, width)
    switch x.tensor.dtype {
    case .float32:
      for (target, source) in rows.enumerated() {
        precondition(source >= 0 && source < x.rows, "row \(source) of \(x.tensor.shape)")
        (result.floatPointer + target * width).update(
          from: x.tensor.floatPointer + source * width, count: width)
      }
    case .bfloat16:
      for (target, source) in rows.enumerated() {
        precondition(source >= 0 && source < x.rows, "row \(source) of \(x.tensor.shape)")
        backend.kernels.functions.from_bfloat16(
          x.tensor.bfloat16Pointer + source * width, result.floatPointer + target * width, Int64(width))
      }
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      addGradient(of: x) { sum in
        for (source, target) in rows.enumerated() {
          let place = sum.floatPointer + target * width
          backend.kernels.functions.add(place, gradient.floatPointer + source * width, place, Int64(width))
        }
      }
    }
  }

  /// The same numbers under another shape of the same count.
  package func reshaped(_ x: Value, _ shape: some Collection<Int>) -> Value {
    let result = x.tensor.reshaped(shape)
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      accumulate(gradient.reshaped(x.tensor.shape), into: x)
    }
  }

  /// A packed batch put together from several sources; every row must come from exactly one. Behind the numbers of narrower
  /// sources there are zeros.
  /// - Shape: sources `[n, ≤ width]` each → `[count, width]`
  package func assemble(_ sources: [RowSource], rows count: Int) -> Value {
    let width = sources.reduce(0) { max($0, $1.value.width) }
    precondition(sources.reduce(0) { $0 + $1.places.count } == count, "the sources do not fill \(count) rows")
    let result = make(count, width)
    for source in sources {
      let own = source.value.width
      precondition(source.places.count == source.value.rows)
      for (row, place) in source.places.enumerated() {
        let target = result.floatPointer + place * width
        target.update(from: source.value.tensor.floatPointer + row * own, count: own)
        (target + own).update(repeating: 0, count: width - own)
      }
    }
    guard records, sources.contains(where: { $0.value.node != nil }) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      for source in sources where source.value.node != nil {
        let (part, own) = (make(source.value.tensor.shape), source.value.width)
        for (row, place) in source.places.enumerated() {
          (part.floatPointer + row * own).update(from: gradient.floatPointer + place * width, count: own)
        }
        accumulate(part, into: source.value)
      }
    }
  }

  /// `x` with some of its rows replaced; the others stay bit-identical.
  /// - Shape: x `[n, width]`, replacement `[rows.count, width]` → `[n, width]`
  package func replace(_ x: Value, rows: [Int], with replacement: Value) -> Value {
    let width = x.width
    precondition(replacement.rows == rows.count && replacement.width == width)
    let result = make(x.tensor.shape)
    result.floatPointer.update(from: x.tensor.floatPointer, count: x.tensor.count)
    for (source, target) in rows.enumerated() {
      (result.floatPointer + target * width).update(
        from: replacement.tensor.floatPointer + source * width, count: width)
    }
    guard isTracked(x, replacement) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      if replacement.node != nil {
        let part = make(replacement.tensor.shape)
        for (source, target) in rows.enumerated() {
          (part.floatPointer + source * width).update(
            from: gradient.floatPointer + target * width, count: width)
        }
        accumulate(part, into: replacement)
      }
      if x.node != nil {
        for target in rows { (gradient.floatPointer + target * width).update(repeating: 0, count: width) }
        accumulate(gradient, into: x)
      }
    }
  }

  /// Rows as columns.
  /// - Shape: x `[rows, width]`, float32 or bfloat16 → `[width, rows]`, float32
  package func transposed(_ x: Value) -> Value {
    let source = backend.floats(of: x.tensor, pool: pool)
    func transpose(_ from: Tensor, into target: Tensor) {
      let (rows, width) = (from.rows, from.width)
      for row in 0..<rows {
        for column in 0..<width {
          target.floatPointer[column * rows + row] = from.floatPointer[row * width + column]
        }
      }
    }
    let result = make(x.width, x.rows)
    transpose(source, into: result)
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(source.rows, source.width)
      transpose(gradient, into: slope)
      accumulate(slope, into: x)
    }
  }

  /// Some consecutive columns.
  /// - Shape: x `[rows, width]` → `[rows, range.count]`
  package func columns(_ x: Value, _ range: Range<Int>) -> Value {
    let width = x.width
    precondition(range.lowerBound >= 0 && range.upperBound <= width)
    let result = make(x.rows, range.count)
    for row in 0..<x.rows {
      (result.floatPointer + row * range.count)
        .update(from: x.tensor.floatPointer + row * width + range.lowerBound, count: range.count)
    }
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      addGradient(of: x) { sum in
        for row in 0..<x.rows {
          let place = sum.floatPointer + row * width + range.lowerBound
          backend.kernels.functions.add(
            place, gradient.floatPointer + row * range.count, place, Int64(range.count))
        }
      }
    }
  }

  /// Each row multiplied by its own factor.
  /// - Shape: x `[rows, width]`, factors `[rows]`
  package func scaleRows(_ x: Value, by factors: Value) -> Value {
    precondition(factors.tensor.count == x.rows)
    let result = make(x.tensor.shape)
    let functions = backend.kernels.functions
    functions.scale_rows(
      x.tensor.floatPointer, factors.tensor.floatPointer, result.floatPointer, Int64(x.rows), Int64(x.width))
    guard isTracked(x, factors) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      if factors.node != nil {
        let slope = make(factors.tensor.shape)
        functions.dot_rows(
          x.tensor.floatPointer, gradient.floatPointer, slope.floatPointer, Int64(x.rows), Int64(x.width))
        accumulate(slope, into: factors)
      }
      if x.node != nil {
        let slope = make(x.tensor.shape)
        functions.scale_rows(
          gradient.floatPointer, factors.tensor.floatPointer, slope.floatPointer, Int64(x.rows),
          Int64(x.width))
        accumulate(slope, into: x)
      }
    }
  }
}
