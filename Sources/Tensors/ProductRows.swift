internal import CKernels

/// Rows that enter one or several products; quantised once for each kind of numbers that packed weights ask for.
final class ProductRows {
  let tensor: Tensor
  private var quantized: [QuantizedRows.Kind: QuantizedRows] = [:]

  init(_ tensor: Tensor) { self.tensor = tensor }

  func quantized(as kind: QuantizedRows.Kind, _ backend: Backend, _ pool: MemoryPool) -> QuantizedRows {
    if let rows = quantized[kind] { return rows }
    let rows = QuantizedRows(tensor, kind, backend, pool)
    quantized[kind] = rows
    return rows
  }
}

/// Rows of 8-bit numbers with a scale for each group of them.
///
/// Safe to share: written before anything else sees it.
struct QuantizedRows: @unchecked Sendable {
  enum Kind {
    /// x ≈ scale · byte − shift
    case shifted
    /// x ≈ scale · byte, with the sums of smaller groups
    case signed
  }

  private let storage: Storage
  private let stride: Int
  private let rows: Int
  /// Where the scales begin, and what follows them: shifts or sums.
  private let scales, others: Int
  private let kind: Kind

  init(_ tensor: Tensor, _ kind: Kind, _ backend: Backend, _ pool: MemoryPool) {
    let width = tensor.width
    let groups = Self.groups(of: width, Int(GM_BYTE_GROUP))
    let otherGroups = kind == .shifted ? groups : Self.groups(of: width, Int(GM_NIBBLE_GROUP))
    self.kind = kind
    rows = tensor.rows
    // A little more than the rows, so that rows of 4,096 numbers do not all begin in the same cache set.
    stride = groups * Int(GM_BYTE_GROUP) + 64
    scales = rows * stride
    others = scales + 4 * rows * groups
    storage = Storage(bytes: others + 4 * rows * otherGroups, pool: pool)
    let (result, kernels, source) = (self, backend.kernels, Shared(tensor.floatPointer))
    backend.parallel(rows, threads: backend.usefulThreads(work: tensor.count * 16)) { part in
      let (row, count) = (part.lowerBound, Int64(part.count))
      let (start, scales) = (source.pointer + row * width, result.scales + 4 * row * groups)
      switch kind {
      case .shifted:
        kernels.functions.quantize_rows(
          start, count, Int64(width), Int64(result.stride), result.pointer(row * result.stride),
          result.pointer(scales), result.pointer(result.others + 4 * row * otherGroups))
      case .signed:
        kernels.functions.quantize_rows_signed(
          start, count, Int64(width), Int64(result.stride), result.pointer(row * result.stride),
          result.pointer(scales), result.pointer(result.others + 4 * row * otherGroups))
      }
    }
  }

  private static func groups(of width: Int, _ size: Int) -> Int { (width + size - 1) / size }

  private func pointer<Element>(_ offset: Int) -> UnsafeMutablePointer<Element> {
    (storage.address + offset).assumingMemoryBound(to: Element.self)
  }

  var kernelRows: GMRows {
    GMRows(
      floats: nil, bytes: UnsafePointer(pointer(0)), scales: UnsafePointer(pointer(scales)),
      shifts: kind == .shifted ? UnsafePointer(pointer(others)) : nil,
      sums: kind == .signed ? UnsafePointer(pointer(others)) : nil, rows: Int64(rows), stride: Int64(stride))
  }
}
