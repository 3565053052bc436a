internal import CKernels

/// The number formats in which keys and values may be kept for later rows.
package enum KeyValueFormat: String, Sendable, CaseIterable {
  case float32 = "f32"
  case float16 = "f16"
  /// Bytes, of which those of one row and head share a scale.
  case int8

  var spanFormat: GMSpanFormat {
    switch self {
    case .float32: GM_SPAN_FLOATS
    case .float16: GM_SPAN_HALVES
    case .int8: GM_SPAN_BYTES
    }
  }

  /// Bytes of one number.
  var size: Int {
    switch self {
    case .float32: 4
    case .float16: 2
    case .int8: 1
    }
  }

  /// Bytes of the keys and values of one row.
  package func bytesPerRow(_ heads: AttentionHeads) -> Int {
    let scales = self == .int8 ? heads.keyValueHeads * DType.float32.size : 0
    return 2 * (heads.keyValueHeads * heads.headWidth * size + scales)
  }
}

/// The keys and values of consecutive rows, kept for later ones, in memory that grows by half when it is full.
///
/// A copy keeps the rows that it had when it was made; of several copies only one may be appended to.
package struct KeyValueRows: Sendable {
  package let heads: AttentionHeads
  package let format: KeyValueFormat
  package private(set) var count = 0
  private var capacity = 0
  private var keys = Side()
  private var values = Side()

  /// The numbers `[capacity, keyValueHeads · headWidth]` and, of bytes, their scales `[capacity, keyValueHeads]`.
  private struct Side: Sendable {
    var numbers = Storage(bytes: 0, pool: nil)
    var scales: Storage?
  }

  package init(_ heads: AttentionHeads, format: KeyValueFormat, store: KeyValueStore = KeyValueStore()) {
    self.heads = heads
    self.format = format
  }

  private var width: Int { heads.keyValueHeads * heads.headWidth }

  /// Bytes that the rows take.
  package var bytes: Int { count * format.bytesPerRow(heads) }

  /// - Shape: key, value `[rows, keyValueHeads · headWidth]`
  package mutating func append(key: Tensor, value: Tensor, backend: Backend) {
    let needed = count + key.rows
    if needed > capacity || !isKnownUniquelyReferenced(&keys.numbers) {
      capacity = max(needed, capacity + capacity / 2)
      grow(&keys)
      grow(&values)
    }
    write(key, to: keys, backend)
    write(value, to: values, backend)
    count = needed
  }

  package var pageBytes: Int { bytes }
  package static func pageBytes(rows: Int, _ heads: AttentionHeads, _ format: KeyValueFormat) -> Int {
    rows * format.bytesPerRow(heads)
  }

  package mutating func truncate(to count: Int) { self.count = count }

  private func grow(_ side: inout Side) {
    func grown(_ storage: Storage?, rowBytes: Int) -> Storage {
      let result = Storage(bytes: capacity * rowBytes, pool: nil)
      if let storage { result.address.copyMemory(from: storage.address, byteCount: count * rowBytes) }
      return result
    }
    side.numbers = grown(side.numbers, rowBytes: width * format.size)
    if format == .int8 {
      side.scales = grown(side.scales, rowBytes: heads.keyValueHeads * DType.float32.size)
    }
  }

  private func write(_ rows: Tensor, to side: Side, _ backend: Backend) {
    let place = side.numbers.address + count * width * format.size
    guard format != .float32 else {
      return place.copyMemory(from: rows.floatPointer, byteCount: rows.count * format.size)
    }
    let numbers = Shared(place.assumingMemoryBound(to: UInt8.self))
    let scales = scales(side).map { Shared($0 + count * heads.keyValueHeads) }
    backend.parallel(rows.rows, threads: backend.usefulThreads(elements: rows.count)) { part in
      backend.kernels.functions.narrow_lines(
        format.spanFormat, rows.floatPointer + part.lowerBound * width,
        Int64(part.count * heads.keyValueHeads),
        Int64(heads.headWidth), numbers.pointer + part.lowerBound * width * format.size,
        scales.map { $0.pointer + part.lowerBound * heads.keyValueHeads })
    }
  }

  private func scales(_ side: Side) -> UnsafeMutablePointer<Float>? {
    side.scales?.address.assumingMemoryBound(to: Float.self)
  }

  /// What the kernels see of one head.
  func span(keyValueHead head: Int) -> GMSpan {
    let column = head * heads.headWidth * format.size
    return GMSpan(
      key: keys.numbers.address + column, value: values.numbers.address + column,
      key_scales: scales(keys).map { $0 + head }, value_scales: scales(values).map { $0 + head },
      key_gradient: nil, value_gradient: nil, rows: Int64(count), stride: Int64(width),
      scale_stride: Int64(heads.keyValueHeads), format: format.spanFormat)
  }
}

package final class KeyValueStore: Sendable {
  package init() {}
  package var bytesInUse: Int { 0 }
}
