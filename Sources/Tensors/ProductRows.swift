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

/// Rows of 8-bit numbers with a scale for each group of them, x ≈ scale · number.
///
/// Safe to share: written before anything else sees it.
struct QuantizedRows: @unchecked Sendable {
  enum Kind {
    /// Bytes are numbers plus 128.
    case shifted
    /// Signed bytes, with the sums of smaller groups.
    case signed
  }

  private let storage: Storage
  private let rows: Int
  /// Where the scales begin, and the sums if there are any.
  private let scales: Int
  private let sums: Int?

  init(_ tensor: Tensor, _ kind: Kind, _ backend: Backend, _ pool: MemoryPool) {
    let width = tensor.width
    rows = tensor.rows
    let places = rows * Self.groups(of: width, GM_BYTE_GROUP) + Int(GM_ROW_PADDING)
    scales = places * Int(GM_BYTE_GROUP)
    let end = scales + 4 * places
    sums = kind == .signed ? end : nil
    storage = Storage(
      bytes: end + (kind == .signed ? 4 * rows * Self.groups(of: width, GM_NIBBLE_GROUP) : 0), pool: pool)
    let (result, kernels, source) = (self, backend.kernels, Shared(tensor.floatPointer))
    backend.parallel(rows, threads: backend.usefulThreads(work: tensor.count * 16)) { part in
      withUnsafePointer(to: result.kernelRows) {
        kernels.functions.quantize_rows(
          source.pointer, Int64(width), Int64(part.lowerBound), Int64(part.upperBound), $0)
      }
    }
  }

  /// Whole groups of 8-bit weights are counted, also in smaller groups.
  private static func groups(of width: Int, _ size: some BinaryInteger) -> Int {
    let whole = (width + Int(GM_BYTE_GROUP) - 1) / Int(GM_BYTE_GROUP)
    return whole * (Int(GM_BYTE_GROUP) / Int(size))
  }

  private func pointer<Element>(_ offset: Int) -> UnsafePointer<Element> {
    UnsafePointer((storage.address + offset).assumingMemoryBound(to: Element.self))
  }

  var kernelRows: GMRows {
    GMRows(
      floats: nil, stride: 0, bytes: pointer(0), scales: pointer(scales), sums: sums.map { pointer($0) },
      rows: Int64(rows))
  }
}
