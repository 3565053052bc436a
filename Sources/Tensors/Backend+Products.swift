internal import CKernels

/// What becomes of a product's numbers: residual + factors · activation(product + bias), each part optional; a second
/// product, which the first one gates, is multiplied in behind the activation.
struct ProductEnding {
  /// - Shape: `[outputs]`
  var bias: Tensor?
  var activation: Activation?
  /// A factor per row.
  /// - Shape: `[rows]`
  var factors: Tensor?
  /// A factor per output.
  /// - Shape: `[outputs]`
  var columnFactors: Tensor?
  /// - Shape: `[rows, outputs]`
  var residual: Tensor?
}

extension Backend {
  /// out = ending(x · weightᵀ), or with `up` that of activation(x · weightᵀ) · (x · upᵀ); for computing without gradients.
  ///
  /// One pass over the result where the weights are packed or the project's own kernels multiply; otherwise the matrix
  /// library's product and then the rest.
  func product(
    _ rows: inout ProductRows, _ weight: Parameter, up: Parameter? = nil, _ ending: ProductEnding,
    into out: Tensor,
    pool: MemoryPool
  ) {
    guard out.rows > 0 else { return }
    if let fused = FusedProduct(&rows, weight, up: up, backend: self, pool: pool) {
      return fused.run(ending, into: out, backend: self, pool: pool)
    }
    multiply(&rows, weight, into: out, pool: pool)
    if let up {
      let second = Tensor(uninitialized: out.shape, pool: pool)
      multiply(&rows, up, into: second, pool: pool)
      let gate = ending.activation ?? .identity
      kernels.functions.gated(
        gate.kernel, out.floatPointer, second.floatPointer, out.floatPointer, Int64(out.count))
    }
    var rest = ending
    if up != nil { rest.activation = nil }
    finish(out, rest)
  }

  /// out = x · weightᵀ, where what comes behind is not done in the same pass: by the matrix library, or by the project's own
  /// kernels where the weight is packed.
  private func multiply(_ rows: inout ProductRows, _ weight: Parameter, into out: Tensor, pool: MemoryPool) {
    if weight.isPacked, let product = FusedProduct(&rows, weight, up: nil, backend: self, pool: pool) {
      return product.run(ProductEnding(), into: out, backend: self, pool: pool)
    }
    multiplyByWeight(rows.tensor, weight.tensor, into: out, pool: pool)
  }

  /// The ending where the matrix library has multiplied, a few rows at a time so that they stay in the cache.
  private func finish(_ out: Tensor, _ ending: ProductEnding) {
    let (width, functions) = (out.width, kernels)
    let target = Shared(out.floatPointer)
    parallel(out.rows, threads: usefulThreads(elements: out.count)) { part in
      let functions = functions.functions
      for first in stride(from: part.lowerBound, to: part.upperBound, by: 8) {
        let rows = min(8, part.upperBound - first)
        let place = target.pointer + first * width
        let (count, columns) = (Int64(rows), Int64(width))
        if let bias = ending.bias { functions.add_bias(place, bias.floatPointer, count, columns) }
        if let kind = ending.activation {
          functions.activation(kind.kernel, place, place, count * columns)
        }
        if let factors = ending.factors {
          functions.scale_rows(place, factors.floatPointer + first, place, count, columns)
        }
        if let factors = ending.columnFactors {
          functions.scale_columns(place, factors.floatPointer, place, count, columns)
        }
        if let residual = ending.residual {
          functions.add(place, residual.floatPointer + first * width, place, count * columns)
        }
      }
    }
  }

  /// Whether products in float32 go to the project's own kernels: with AVX-512 they are faster than oneDNN's, as they
  /// transpose the weights only once and write the result only once.
  var multipliesFloats: Bool { kernels.lanes >= 16 }
}

/// A product that the project's own kernels do in one pass.
///
/// Its pointers point into its rows, which it holds, and into parameters, which the caller holds.
private struct FusedProduct {
  private let rows: GMRows
  private let weight: GMWeight
  private let up: GMWeight?
  /// Bits that a number of the weight takes.
  private let bits: Double
  private let source: ProductRows

  /// Nil where other code is faster, or has to do it.
  init?(_ rows: inout ProductRows, _ weight: Parameter, up: Parameter?, backend: Backend, pool: MemoryPool) {
    let x = rows.tensor
    guard let matrix = Self.weight(weight, rows: x.rows, backend) else { return nil }
    precondition(x.width == matrix.inputs, "rows of width \(x.width) meet a weight \(weight.shape)")
    var second: GMWeight?
    if let up {
      guard let other = Self.weight(up, rows: x.rows, backend), other.format == matrix.format,
        other.laid_out == matrix.laid_out, up.shape == weight.shape
      else { return nil }
      second = other
    }
    (self.weight, self.up) = (matrix, second)
    let kind = withUnsafePointer(to: matrix) { backend.kernels.functions.row_kind($0, Int64(x.rows)) }
    if let kind = NarrowRows.Kind(kind) {
      self.rows = rows.narrow(kind, backend, pool)
    } else {
      self.rows = GMRows(
        floats: UnsafePointer(x.floatPointer), stride: Int64(x.width), bytes: nil, scales: nil, sums: nil,
        totals: nil, halves: nil, rows: Int64(x.rows))
    }
    source = rows
    bits = weight.storedBits
  }

  /// What the kernels read of a parameter; nil where so many rows are multiplied by other code.
  private static func weight(_ parameter: Parameter, rows: Int, _ backend: Backend) -> GMWeight? {
    switch parameter.content {
    case .packed(let matrix): return matrix.weight
    case .plain(let tensor):
      if let panels = parameter.panels { return panels.weight }
      guard backend.multipliesFloats, rows > Backend.fewRows, tensor.rows > Backend.fewOutputs
      else { return nil }
      let values = tensor.bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      return GMWeight(
        values: UnsafePointer(values), outputs: Int64(tensor.rows), inputs: Int64(tensor.width),
        format: tensor.dtype == .float32 ? GM_FLOAT32 : GM_BFLOAT16, laid_out: 0)
    }
  }

  func run(_ ending: ProductEnding, into out: Tensor, backend: Backend, pool: MemoryPool) {
    let kernels = backend.kernels
    let functions = kernels.functions
    var (rows, weight) = (self.rows, self.weight)
    var second = up ?? weight
    var target = GMTarget(
      out: out.floatPointer, stride: Int64(out.width),
      bias: ending.bias.map { UnsafePointer($0.floatPointer) },
      factors: ending.factors.map { UnsafePointer($0.floatPointer) },
      column_factors: ending.columnFactors.map { UnsafePointer($0.floatPointer) },
      residual: ending.residual.map { UnsafePointer($0.floatPointer) },
      activation: ending.activation?.kernel ?? GM_GELU_ERF, activates: ending.activation == nil ? 0 : 1)
    let units = Int(functions.product_units(rows.rows, weight.outputs))
    let threads = usefulThreads(backend)
    let scratchBytes = Int(functions.product_scratch(&weight, rows.rows)) * (up == nil ? 1 : 2)
    withUnsafePointer(to: &rows) { rows in
      withUnsafePointer(to: &weight) { weight in
        withUnsafePointer(to: &second) { second in
          withUnsafePointer(to: &target) { target in
            let call = Call(
              rows: rows, weight: weight, up: up == nil ? nil : second, target: target, scratch: scratchBytes)
            backend.parallel(units, threads: threads) { call.run($0, kernels, pool) }
          }
        }
      }
    }
    withExtendedLifetime((source, ending, out)) {}
  }

  /// A byte of weights read is worth as much as many operations, and a packed operation a quarter of another.
  private func usefulThreads(_ backend: Backend) -> Int {
    let numbers = Int(weight.outputs * weight.inputs) * (up == nil ? 1 : 2)
    let work = 2 * Int(rows.rows) * numbers / (bits > 8 ? 1 : 4)
    let read = Int(Double(numbers) * bits / 8)
    return max(backend.usefulThreads(work: work), max(1, min(backend.threads, read >> 18)))
  }

  /// What the threads of one product share.
  ///
  /// Safe to share: they read all of it and write different parts of the target.
  private struct Call: @unchecked Sendable {
    let rows: UnsafePointer<GMRows>
    let weight: UnsafePointer<GMWeight>
    let up: UnsafePointer<GMWeight>?
    let target: UnsafePointer<GMTarget>
    let scratch: Int

    func run(_ units: Range<Int>, _ kernels: KernelTable, _ pool: MemoryPool) {
      let memory = Storage.of(bytes: scratch, pool: pool)
      withExtendedLifetime(memory) {
        kernels.functions.multiply_weight(
          rows, weight, up, target, Int64(units.lowerBound), Int64(units.upperBound), memory.address)
      }
    }
  }
}
