internal import CKernels
internal import Foundation
internal import Synchronization

#if canImport(COneDNN)
  internal import COneDNN
#elseif canImport(Accelerate)
  internal import Accelerate
#endif

extension Backend {
  /// out [m, n] (+)= a [m, k] · b [k, n] in float32, each possibly stored transposed, without gaps between rows.
  func multiply(
    _ a: UnsafePointer<Float>, transposed transposeA: Bool = false, _ b: UnsafePointer<Float>,
    transposed transposeB: Bool = false, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
    accumulate: Bool = false
  ) {
    guard m > 0, n > 0 else { return }
    guard k > 0 else {
      if !accumulate { out.update(repeating: 0, count: m * n) }
      return
    }
    if matrixLibrary == .system,
      systemMultiply(a, transposeA, b, transposeB, into: out, m: m, n: n, k: k, accumulate: accumulate)
    {
      return
    }
    portableMultiply(a, transposeA, b, transposeB, into: out, m: m, n: n, k: k, accumulate: accumulate)
  }

  /// The library works on one thread at a time; its calls are shared out along the longer side of the result.
  private func systemMultiply(
    _ a: UnsafePointer<Float>, _ transposeA: Bool, _ b: UnsafePointer<Float>, _ transposeB: Bool,
    into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, accumulate: Bool
  ) -> Bool {
    let (left, right) = (Shared(UnsafeMutablePointer(mutating: a)), Shared(UnsafeMutablePointer(mutating: b)))
    let result = Shared(out)
    let isDone = Atomic(true)
    parallel(max(m, n), threads: usefulThreads(work: 2 * m * n * k)) { part in
      let (start, count) = (part.lowerBound, part.count)
      let isWorking =
        m >= n
        ? Self.libraryMultiply(
          left.pointer + (transposeA ? start : start * k), transposeA ? m : nil, right.pointer,
          transposeB ? k : nil, into: result.pointer + start * n, m: count, n: n, k: k, columns: n,
          accumulate: accumulate)
        : Self.libraryMultiply(
          left.pointer, transposeA ? m : nil, right.pointer + (transposeB ? start * k : start),
          transposeB ? k : nil, into: result.pointer + start, m: m, n: count, k: k, columns: n,
          accumulate: accumulate)
      if !isWorking { isDone.store(false, ordering: .relaxed) }
    }
    return isDone.load(ordering: .relaxed)
  }

  /// A part of a product whose result has `columns` columns. The distance between rows of a transposed operand is given,
  /// that of another is `k` or `columns`.
  private static func libraryMultiply(
    _ a: UnsafePointer<Float>, _ transposedA: Int?, _ b: UnsafePointer<Float>, _ transposedB: Int?,
    into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, columns: Int, accumulate: Bool
  ) -> Bool {
    #if canImport(COneDNN)
      omp_set_num_threads(1)
      let (yes, no) = (CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")))
      return dnnl_sgemm(
        transposedA == nil ? no : yes, transposedB == nil ? no : yes, dnnl_dim_t(m), dnnl_dim_t(n),
        dnnl_dim_t(k), 1, a, dnnl_dim_t(transposedA ?? k), b, dnnl_dim_t(transposedB ?? columns),
        accumulate ? 1 : 0, out, dnnl_dim_t(columns)) == dnnl_success
    #elseif canImport(Accelerate)
      cblas_sgemm(
        CblasRowMajor, transposedA == nil ? CblasNoTrans : CblasTrans,
        transposedB == nil ? CblasNoTrans : CblasTrans, Int32(m), Int32(n), Int32(k), 1, a,
        Int32(transposedA ?? k), b, Int32(transposedB ?? columns), accumulate ? 1 : 0, out, Int32(columns))
      return true
    #else
      return false
    #endif
  }

  private func portableMultiply(
    _ a: UnsafePointer<Float>, _ transposeA: Bool, _ b: UnsafePointer<Float>, _ transposeB: Bool,
    into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, accumulate: Bool
  ) {
    let rowStride = transposeA ? 1 : k
    let columnStride = transposeA ? m : 1
    func run(_ b: UnsafePointer<Float>) {
      kernels.functions.multiply(
        a, Int64(rowStride), Int64(columnStride), b, Int64(n), out, Int64(n), Int64(m), Int64(n), Int64(k),
        accumulate ? 1 : 0)
    }
    guard transposeB else { return run(b) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: n * k) { copy in
      guard let base = copy.baseAddress else { return }
      for row in 0..<n {
        for column in 0..<k { base[column * n + row] = b[row * k + column] }
      }
      run(base)
    }
  }

  /// So many rows read plain weights straight from memory.
  static let fewRows = 4
  /// So few outputs, such as a router's two, are too narrow for the matrix library.
  static let fewOutputs = 4

  /// out [m, n] = x [m, k] · weightᵀ, weight [n, k] in float32 or bfloat16.
  ///
  /// Few rows read each weight once, straight from memory; many rows go to the matrix library. bfloat16 weights meet
  /// rows rounded to bfloat16 where the processor multiplies these natively, and are widened otherwise.
  func multiplyByWeight(_ x: Tensor, _ weight: Tensor, into out: Tensor, pool: MemoryPool) {
    let (m, n, k) = (x.rows, weight.rows, weight.width)
    if m <= Self.fewRows {
      return multiplyFewRows(x, weight, into: out)
    }
    if n <= Self.fewOutputs, weight.dtype == .float32 {
      return multiplyFewOutputs(x, weight, into: out)
    }
    switch weight.dtype {
    case .float32:
      multiply(
        x.floatPointer, transposed: false, weight.floatPointer, transposed: true, into: out.floatPointer,
        m: m, n: n, k: k)
    case .bfloat16:
      if multiplyBFloat16(x, false, weight, true, into: out, m: m, n: n, k: k, accumulate: false, pool: pool)
      {
        return
      }
      let wide = floats(of: weight, pool: pool)
      multiply(
        x.floatPointer, transposed: false, wide.floatPointer, transposed: true, into: out.floatPointer, m: m,
        n: n, k: k)
    }
  }

  /// A product whose operands are bfloat16 or rounded to it first; false where this processor has no fast way.
  func multiplyBFloat16(
    _ a: Tensor, _ transposeA: Bool, _ b: Tensor, _ transposeB: Bool, into out: Tensor, m: Int, n: Int,
    k: Int,
    accumulate: Bool, pool: MemoryPool
  ) -> Bool {
    guard let bfloat16Products else { return false }
    let (a, b) = (bfloat16(of: a, pool: pool), bfloat16(of: b, pool: pool))
    let (left, right, result) = (
      Shared(a.bfloat16Pointer), Shared(b.bfloat16Pointer), Shared(out.floatPointer)
    )
    // Rows of a transposed left side do not lie together.
    let threads = transposeA ? 1 : min(usefulThreads(work: m * n * k), max(1, m / 32))
    let isDone = Atomic(true)
    team.run(parts: threads) { index in
      let part = m * index / threads..<m * (index + 1) / threads
      let isWorking = bfloat16Products.multiply(
        left.pointer + part.lowerBound * k, transposed: transposeA, right.pointer, transposed: transposeB,
        into: result.pointer + part.lowerBound * n, m: part.count, n: n, k: k, accumulate: accumulate)
      if !isWorking { isDone.store(false, ordering: .relaxed) }
    }
    return isDone.load(ordering: .relaxed)
  }

  /// A product of few outputs, in which rows and weights exchange their roles.
  private func multiplyFewOutputs(_ x: Tensor, _ weight: Tensor, into out: Tensor) {
    let (m, n, k) = (x.rows, weight.rows, weight.width)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: m * n) { columns in
      guard let base = columns.baseAddress else { return }
      kernels.functions.matrix_vector(
        weight.floatPointer, x.floatPointer, base, Int64(n), Int64(k), Int64(m), 0, Int64(m))
      for row in 0..<m {
        for column in 0..<n { out.floatPointer[row * n + column] = base[column * m + row] }
      }
    }
  }

  private func multiplyFewRows(_ x: Tensor, _ weight: Tensor, into out: Tensor) {
    let (m, n, k) = (x.rows, weight.rows, weight.width)
    let target = Shared(out.floatPointer)
    let rows = Shared(x.floatPointer)
    let functions = kernels
    // Reading weights is what takes the time: a quarter of a megabyte per thread is worth starting one.
    let useful = max(1, min(threads, (n * k * weight.dtype.size) >> 18))
    switch weight.dtype {
    case .float32:
      let values = Shared(weight.floatPointer)
      parallel(n, threads: useful) { part in
        functions.functions.matrix_vector(
          rows.pointer, values.pointer, target.pointer, Int64(m), Int64(k), Int64(n), Int64(part.lowerBound),
          Int64(part.upperBound))
      }
    case .bfloat16:
      let values = Shared(weight.bfloat16Pointer)
      parallel(n, threads: useful) { part in
        functions.functions.matrix_vector_bfloat16(
          rows.pointer, values.pointer, target.pointer, Int64(m), Int64(k), Int64(n), Int64(part.lowerBound),
          Int64(part.upperBound))
      }
    }
  }

  /// The tensor in bfloat16; itself where it is already.
  package func bfloat16(of tensor: Tensor, pool: MemoryPool?) -> Tensor {
    guard tensor.dtype != .bfloat16 else { return tensor }
    let result = Tensor(uninitialized: tensor.shape, dtype: .bfloat16, pool: pool)
    let (source, target, kernels) = (
      Shared(tensor.floatPointer), Shared(result.bfloat16Pointer), kernels
    )
    parallel(tensor.count, threads: usefulThreads(elements: tensor.count)) { part in
      kernels.functions.to_bfloat16(
        source.pointer + part.lowerBound, target.pointer + part.lowerBound, Int64(part.count))
    }
    return result
  }

  /// The tensor in float32; itself where it is already.
  package func floats(of tensor: Tensor, pool: MemoryPool?) -> Tensor {
    guard tensor.dtype != .float32 else { return tensor }
    let result = Tensor(uninitialized: tensor.shape, pool: pool)
    kernels.functions.from_bfloat16(tensor.bfloat16Pointer, result.floatPointer, Int64(tensor.count))
    return result
  }

  /// One AdamW step (Loshchilov & Hutter 2019) on some consecutive numbers of a parameter.
  /// - Parameters:
  ///   - step: Counted from 1, for the correction of the running means.
  ///   - gradientScale: A factor on the gradient, such as clipping asks for.
  package func adamW(
    _ parameter: Tensor, gradient: Tensor, mean: Tensor, variance: Tensor, range: Range<Int>, rate: Float,
    beta1: Float,
    beta2: Float, epsilon: Float, decay: Float, step: Int, gradientScale: Float
  ) {
    func correction(_ beta: Float) -> Float { 1 - pow(beta, Float(step)) }
    let start = range.lowerBound
    kernels.functions.adamw(
      parameter.floatPointer + start, gradient.floatPointer + start, mean.floatPointer + start,
      variance.floatPointer + start, Int64(range.count), rate, beta1, beta2, epsilon, decay,
      correction(beta1),
      correction(beta2), gradientScale)
  }

  /// a += b, of equal shapes; the caller owns `a`.
  package func addInPlace(_ a: Tensor, _ b: Tensor) {
    kernels.functions.add(a.floatPointer, b.floatPointer, a.floatPointer, Int64(a.count))
  }

  /// sums += rowsᵀ · rows; the caller owns `sums`.
  /// - Shape: rows `[n, width]`, sums `[width, width]`
  package func accumulateMoments(of rows: Tensor, into sums: Tensor) {
    multiply(
      rows.floatPointer, transposed: true, rows.floatPointer, into: sums.floatPointer, m: rows.width,
      n: rows.width,
      k: rows.rows, accumulate: true)
  }

  package func sumOfSquares(_ tensor: Tensor) -> Double {
    kernels.functions.sum_of_squares(tensor.floatPointer, Int64(tensor.count))
  }
}
