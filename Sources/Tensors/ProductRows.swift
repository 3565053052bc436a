internal import CKernels

/// Rows that enter one or several products; narrowed once for consecutive products that ask for the same kind of numbers.
struct ProductRows {
  let tensor: Tensor
  private var narrow: NarrowRows?

  init(_ tensor: Tensor) { self.tensor = tensor }

  /// What the kernels read, as long as these rows exist.
  mutating func narrow(_ kind: NarrowRows.Kind, _ backend: Backend, _ pool: MemoryPool) -> GMRows {
    if let narrow, narrow.kind == kind { return narrow.kernelRows }
    let rows = NarrowRows(tensor, kind, backend, pool)
    narrow = rows
    return rows.kernelRows
  }
}

/// Rows of 8- or 15-bit numbers with a scale for each group of them, x ≈ scale · number, or of bfloat16 numbers.
///
/// Safe to share: written before anything else sees it.
struct NarrowRows: @unchecked Sendable {
  enum Kind {
    /// Bytes that are numbers plus 128.
    case shiftedBytes
    /// Signed bytes, with the sums of smaller groups.
    case signedBytes
    /// Two signed bytes a number, with the sums of half groups.
    case pairedBytes
    case bfloat16

    init?(_ kind: GMRowKind) {
      switch kind {
      case GM_SHIFTED_BYTES: self = .shiftedBytes
      case GM_SIGNED_BYTES: self = .signedBytes
      case GM_PAIRED_BYTES: self = .pairedBytes
      case GM_HALVES: self = .bfloat16
      default: return nil
      }
    }
  }

  let kind: Kind
  private let storage: Storage
  /// What the kernels read; points into the storage.
  let kernelRows: GMRows

  init(_ tensor: Tensor, _ kind: Kind, _ backend: Backend, _ pool: MemoryPool) {
    let (width, kernels, source) = (Int64(tensor.width), backend.kernels, Shared(tensor.floatPointer))
    self.kind = kind
    var rows = GMRows()
    rows.rows = Int64(tensor.rows)
    if kind == .bfloat16 {
      storage = Storage.of(bytes: 2 * Int(kernels.functions.halves_size(rows.rows, width)), pool: pool)
      rows.halves = Self.pointer(storage, 0)
    } else if kind == .pairedBytes {
      let groups = tensor.rows * ((tensor.width + Int(GM_CODE_GROUP) - 1) / Int(GM_CODE_GROUP))
      let scales = groups * 2 * Int(GM_CODE_GROUP)
      let totals = scales + 4 * groups
      storage = Storage.of(bytes: totals + 8 * groups, pool: pool)
      rows.bytes = Self.pointer(storage, 0)
      rows.scales = Self.pointer(storage, scales)
      rows.totals = Self.pointer(storage, totals)
    } else {
      let places = tensor.rows * Self.groups(of: tensor.width, GM_BYTE_GROUP) + Int(GM_ROW_PADDING)
      let scales = places * Int(GM_BYTE_GROUP)
      let sums = scales + 4 * places
      let sumBytes =
        kind == .signedBytes ? 4 * tensor.rows * Self.groups(of: tensor.width, GM_NIBBLE_GROUP) : 0
      storage = Storage.of(bytes: sums + sumBytes, pool: pool)
      rows.bytes = Self.pointer(storage, 0)
      rows.scales = Self.pointer(storage, scales)
      if kind == .signedBytes { rows.sums = Self.pointer(storage, sums) }
    }
    kernelRows = rows
    let result = self
    backend.parallel(tensor.rows, threads: backend.usefulThreads(elements: tensor.count)) { part in
      let narrow = kind == .bfloat16 ? kernels.functions.halve_rows : kernels.functions.quantize_rows
      withUnsafePointer(to: result.kernelRows) {
        narrow?(source.pointer, width, Int64(part.lowerBound), Int64(part.upperBound), $0)
      }
    }
  }

  /// Whole groups of 8-bit weights are counted, also in smaller groups.
  private static func groups(of width: Int, _ size: some BinaryInteger) -> Int {
    let whole = (width + Int(GM_BYTE_GROUP) - 1) / Int(GM_BYTE_GROUP)
    return whole * (Int(GM_BYTE_GROUP) / Int(size))
  }

  private static func pointer<Element>(_ storage: Storage, _ offset: Int) -> UnsafePointer<Element> {
    UnsafePointer((storage.address + offset).assumingMemoryBound(to: Element.self))
  }
}
