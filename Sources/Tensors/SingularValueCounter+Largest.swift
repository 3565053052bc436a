extension SingularValueCounter {
  private static let mostSteps = 40
  /// Steps end when one adds no more than this share; the singular value is then known to some 1e-5.
  private static let leastGain = 2e-5

  /// The largest singular value, from below: the root of matrixᵀ · matrix's largest eigenvalue by Lanczos' iteration.
  package func largest() -> Double {
    var (current, previous, product) = (columnSums(), vector(), vector())
    var beta = Self.normalize(current)
    guard beta > 0 else { return 0 }
    beta = 0
    var matrix = TridiagonalMatrix()
    for step in 0..<Self.mostSteps {
      multiplyTwice(current, into: product)
      let alpha = Self.dot(current, product)
      let before = matrix.largestEigenvalue
      matrix.append(diagonal: alpha, beside: beta)
      let gain = matrix.largestEigenvalue - before
      guard step < 3 || gain > matrix.largestEigenvalue * Self.leastGain else { break }
      let (old, now, next) = (previous.floatPointer, current.floatPointer, product.floatPointer)
      for index in 0..<product.count {
        next[index] -= Float(alpha) * now[index] + Float(beta) * old[index]
      }
      beta = Self.normalize(product)
      // What is left of the product is rounding: the vectors so far span all that the matrix does to them.
      guard beta > matrix.largestEigenvalue * 1e-6 else { break }
      (previous, current, product) = (current, product, previous)
    }
    return matrix.largestEigenvalue.squareRoot()
  }

  private static func dot(_ a: Tensor, _ b: Tensor) -> Double {
    (0..<a.count).reduce(0) { $0 + Double(a.floatPointer[$1]) * Double(b.floatPointer[$1]) }
  }

  /// - Returns: The length that the vector had.
  private static func normalize(_ vector: Tensor) -> Double {
    let length = dot(vector, vector).squareRoot()
    guard length > 0 else { return length }
    for index in 0..<vector.count { vector.floatPointer[index] /= Float(length) }
    return length
  }
}

/// A symmetric matrix with numbers on its diagonal and beside it only, that grows by a row and a column at a time.
private struct TridiagonalMatrix {
  private var diagonal: [Double] = []
  private var squaresBeside: [Double] = []
  private(set) var largestEigenvalue = 0.0

  mutating func append(diagonal value: Double, beside: Double) {
    diagonal.append(value)
    squaresBeside.append(beside * beside)
    // The largest eigenvalue never falls as the matrix grows, and no more than `beside` lies between it and these two.
    var low = diagonal.count == 1 ? value : max(largestEigenvalue, value)
    var high = low + beside
    while high - low > abs(high) * 1e-8 {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { break }
      if isAboveAllEigenvalues(middle) { high = middle } else { low = middle }
    }
    largestEigenvalue = high
  }

  /// Whether (matrix − x) is negative definite: all its pivots are negative.
  private func isAboveAllEigenvalues(_ x: Double) -> Bool {
    var pivot = -1.0
    for (value, square) in zip(diagonal, squaresBeside) {
      pivot = value - x - square / pivot
      guard pivot < 0 else { return false }
    }
    return true
  }
}
