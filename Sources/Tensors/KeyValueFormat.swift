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
