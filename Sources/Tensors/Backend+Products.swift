internal import CKernels

/// What becomes of a product's numbers: residual + factors · activation(product + bias), each part optional.
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
  /// out = ending(x · weightᵀ), or with `up` ending(silu(x · weightᵀ) · (x · upᵀ)); for computing without gradients.
  ///
  /// One pass over the result where the weights are packed or the project's own kernels multiply; otherwise the matrix
  /// library's product and then the rest.
  func product(
    _ rows: ProductRows, _ weight: Parameter, up: Parameter? = nil, _ ending: ProductEnding, into out: Tensor,
    pool: MemoryPool
  ) {
    guard out.rows > 0 else { return }
    if let fused = FusedProduct(rows, weight, up: up, backend: self, pool: pool) {
      return fused.run(ending, into: out, backend: self, pool: pool)
    }
    multiplyByWeight(rows.tensor, weight.tensor, into: out, pool: pool)
    if let up {
      let second = Tensor(uninitialized: out.shape, pool: pool)
      multiplyByWeight(rows.tensor, up.tensor, into: second, pool: pool)
      kernels.functions.swiglu(out.floatPointer, second.floatPointer, out.floatPointer, Int64(out.count))
    }
    finish(out, ending)
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
private struct FusedProduct {
  private let rows: GMRows
  private let weight: GMWeight
  private let up: GMWeight?
  /// What the pointers point into.
  private let owners: [Any]

  /// Nil where other code is faster, or has to do it.
  init?(_ rows: ProductRows, _ weight: Parameter, up: Parameter?, backend: Backend, pool: MemoryPool) {
    let x = rows.tensor
    switch (weight.content, up?.content) {
    case (.packed(let matrix), let second):
      var others: [PackedMatrix] = []
      if let second {
        guard case .packed(let other) = second, other.format == matrix.format, other.shape == matrix.shape
        else { return nil }
        others = [other]
      }
      precondition(x.width == matrix.inputs, "rows of width \(x.width) meet a weight \(matrix.shape)")
      self.init(rows, matrix.weight, up: others.first?.weight, owners: [matrix] + others, backend, pool)
    case (.plain(let tensor), let second):
      guard backend.multipliesFloats, x.rows > Backend.fewRows, tensor.rows > Backend.fewOutputs
      else { return nil }
      var others: [Tensor] = []
      if let second {
        guard case .plain(let other) = second, other.dtype == tensor.dtype, other.shape == tensor.shape
        else { return nil }
        others = [other]
      }
      precondition(x.width == tensor.width, "rows of width \(x.width) meet a weight \(tensor.shape)")
      self.init(
        rows, Self.weight(tensor), up: others.first.map(Self.weight), owners: [tensor] + others, backend, pool
      )
    }
  }

  private init(
    _ rows: ProductRows, _ weight: GMWeight, up: GMWeight?, owners: [Any], _ backend: Backend,
    _ pool: MemoryPool
  ) {
    let x = rows.tensor
    (self.weight, self.up) = (weight, up)
    let kind = withUnsafePointer(to: weight) { backend.kernels.functions.row_kind($0, Int64(x.rows)) }
    if let kind = NarrowRows.Kind(kind) {
      let narrow = rows.narrow(kind, backend, pool)
      (self.rows, self.owners) = (narrow.kernelRows, owners + [narrow])
    } else {
      self.rows = GMRows(
        floats: UnsafePointer(x.floatPointer), stride: Int64(x.width), bytes: nil, scales: nil, sums: nil,
        halves: nil, rows: Int64(x.rows))
      self.owners = owners + [x]
    }
  }

  private static func weight(_ tensor: Tensor) -> GMWeight {
    let values = (tensor.storage.address + tensor.offset * tensor.dtype.size)
      .assumingMemoryBound(to: UInt8.self)
    return GMWeight(
      values: UnsafePointer(values), outputs: Int64(tensor.rows),
      inputs: Int64(tensor.width), bits: tensor.dtype == .float32 ? 32 : 16)
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
    withExtendedLifetime((owners, ending, out)) {}
  }

  /// A byte of weights read is worth as much as many operations, and a packed operation a quarter of another.
  private func usefulThreads(_ backend: Backend) -> Int {
    let numbers = Int(weight.outputs * weight.inputs) * (up == nil ? 1 : 2)
    let work = 2 * Int(rows.rows) * numbers / (weight.bits > 8 ? 1 : 4)
    let read = numbers * Int(weight.bits) / 8
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
      let memory = Storage(bytes: scratch, pool: pool)
      withExtendedLifetime(memory) {
        kernels.functions.multiply_weight(
          rows, weight, up, target, Int64(units.lowerBound), Int64(units.upperBound), memory.address)
      }
    }
  }
}
