internal import CKernels

/// Says how many singular values of a matrix lie above a bound, without computing them.
///
/// One product with the transpose, then a factorisation per bound, both in double precision: a small fraction of what
/// the singular values would cost. Meant for matrices of numbers that are not negative, such as attention maps.
package struct SingularValueCounter {
  private let matrix: Tensor
  private let used: [Int64]
  private let products: Storage
  private let scratch: Storage
  private let backend: Backend
  private let pool: MemoryPool

  /// - Parameter matrix: Float32.
  package init(_ matrix: Tensor, backend: Backend, pool: MemoryPool) {
    self.matrix = matrix
    self.backend = backend
    self.pool = pool
    let functions = backend.kernels.functions
    let (rows, width) = (Int64(matrix.rows), Int64(matrix.width))
    used = [Int64](unsafeUninitializedCapacity: matrix.rows) { used, count in
      functions.used_columns(matrix.floatPointer, rows, width, used.baseAddress)
      count = matrix.rows
    }
    func doubles(_ count: Int64) -> Storage {
      Storage.of(bytes: Int(count) * MemoryLayout<Double>.stride, pool: pool)
    }
    products = doubles(functions.row_products_size(rows))
    scratch = doubles(functions.row_products_scratch(rows, width))
    withKernels { $0.row_products(&$1, $2, $3) }
  }

  /// - Returns: Nil where rounding errors could change the count.
  package func count(above bound: Double) -> Int? {
    let square = bound * bound
    // A pivot near zero makes what follows grow. Moving it this little moves no singular value by more than 1/2000 of
    // the bound.
    let least = square / 1000
    var largest = 0.0
    let count = withKernels { functions, _, products, scratch in
      functions.count_above(products, Int64(matrix.rows), square, least, scratch, &largest)
    }
    return largest * .ulpOfOne <= least ? Int(count) : nil
  }

  /// out = matrixᵀ · (matrix · vector)
  /// - Shape: vector, out `[width]`
  func multiplyTwice(_ vector: Tensor, into out: Tensor) {
    withKernels { functions, matrix, _, _ in
      functions.multiply_twice(&matrix, vector.floatPointer, out.floatPointer)
    }
  }

  /// The sums of the columns, which no non-negative matrix's first singular vector is orthogonal to.
  /// - Shape: `[width]`
  func columnSums() -> Tensor {
    let sums = Tensor.zeros([matrix.width], pool: pool)
    backend.kernels.functions.sum_rows(
      matrix.floatPointer, sums.floatPointer, Int64(matrix.rows), Int64(matrix.width))
    return sums
  }

  func vector() -> Tensor { .zeros([matrix.width], pool: pool) }

  private func withKernels<Result>(
    _ body: (GMKernels, inout GMMatrix, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Result
  ) -> Result {
    used.withUnsafeBufferPointer { used in
      var plain = GMMatrix(
        values: matrix.floatPointer, rows: Int64(matrix.rows), width: Int64(matrix.width),
        used: used.baseAddress)
      return withExtendedLifetime((matrix, products, scratch)) {
        body(
          backend.kernels.functions, &plain, products.address.assumingMemoryBound(to: Double.self),
          scratch.address.assumingMemoryBound(to: Double.self))
      }
    }
  }
}

extension Tensor {
  /// Sets the numbers to zero whose column is their row + width − rows: in a causal map, what each token sees of itself.
  ///
  /// The caller owns the tensor.
  package func dropDiagonal() {
    let offset = width - rows
    precondition(offset >= 0, "\(shape) has no diagonal that ends in the last column")
    for row in 0..<rows { floatPointer[row * width + row + offset] = 0 }
  }
}
