package import Tensors

/// The number formats of files: those of safetensors in the order in which the official library ranks them, then those of
/// llama.cpp, whose rows are blocks.
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
  case q40 = "Q4_0"
  case q41 = "Q4_1"
  case q50 = "Q5_0"
  case q51 = "Q5_1"
  case q80 = "Q8_0"
  case q2K = "Q2_K"
  case q3K = "Q3_K"
  case q4K = "Q4_K"
  case q5K = "Q5_K"
  case q6K = "Q6_K"
  case iq4NL = "IQ4_NL"
  case iq4XS = "IQ4_XS"
  case tq10 = "TQ1_0"
  case tq20 = "TQ2_0"
  case mxfp4 = "MXFP4"
  case nvfp4 = "NVFP4"

  /// A format of safetensors files by its name there.
  init?(safetensors name: String) {
    guard let type = StoredType(rawValue: name), !type.isBlocks else { return nil }
    self = type
  }

  /// The numbers that lie together, and the bytes that they take.
  package var block: (numbers: Int, bytes: Int) {
    switch self {
    case .tq10: (256, 54)
    case .tq20: (256, 66)
    case .mxfp4: (32, 17)
    case .nvfp4: (64, 36)
    default: packedFormat?.block ?? (1, size)
    }
  }

  /// Whether a row is blocks of numbers.
  package var isBlocks: Bool { size == 0 }

  /// The format in which the blocks can stay in memory; nil for others.
  package var packedFormat: PackedMatrix.Format? {
    isBlocks ? PackedMatrix.Format(rawValue: rawValue.lowercased()) : nil
  }

  /// Bytes per element; 0 for blocks.
  package var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    default: 0
    }
  }

  /// Whether elements are floating-point numbers, which `TensorSource.tensor` reads.
  package var isFloatingPoint: Bool { floatFormat != nil || isBlocks }

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
