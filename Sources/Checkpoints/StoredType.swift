/// The number formats of safetensors files, in the order in which the official library ranks them.
package enum StoredType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bytes per element.
  package var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// Whether elements are floating-point numbers, which `SafetensorsFile.tensor` reads.
  package var isFloatingPoint: Bool { floatFormat != nil }

  /// The format of floating-point numbers; nil for integers and booleans.
  var floatFormat: FloatFormat? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    default: nil
    }
  }

  /// The place in the official library's order; a file holds tensors of the highest rank first.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
