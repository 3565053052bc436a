internal import CKernels

extension PackedMatrix {
  /// How the numbers of a packed matrix are held.
  ///
  /// `int8` and `int4` are made by this project. The others are llama.cpp's: blocks of 32 or 256 inputs whose numbers have a
  /// few bits, scales and, in some, minima; as in files but for the order in which they lie.
  package enum Format: String, Sendable, CaseIterable {
    case int8, int4
    case q40 = "q4_0"
    case q41 = "q4_1"
    case q50 = "q5_0"
    case q51 = "q5_1"
    case q80 = "q8_0"
    case q2K = "q2_k"
    case q3K = "q3_k"
    case q4K = "q4_k"
    case q5K = "q5_k"
    case q6K = "q6_k"
    case iq4NL = "iq4_nl"
    case iq4XS = "iq4_xs"

    /// Those that weights are rounded to.
    package static let made: [Format] = [.int8, .int4]

    /// A block of a file's numbers: how many there are, and the bytes that they take; nil for this project's own formats.
    package var block: (numbers: Int, bytes: Int)? {
      var bytes: Int64 = 0
      let numbers = KernelTable.available[0].functions.file_block(kernel, &bytes)
      return numbers == 0 ? nil : (Int(numbers), Int(bytes))
    }

    /// Bits that a number takes, scales included.
    var bits: Double {
      guard let block else { return self == .int8 ? 8.25 : 4.5 }
      return Double(block.bytes * 8) / Double(block.numbers)
    }

    var kernel: GMFormat {
      switch self {
      case .int8: GM_INT8
      case .int4: GM_INT4
      case .q40: GM_Q4_0
      case .q41: GM_Q4_1
      case .q50: GM_Q5_0
      case .q51: GM_Q5_1
      case .q80: GM_Q8_0
      case .q2K: GM_Q2_K
      case .q3K: GM_Q3_K
      case .q4K: GM_Q4_K
      case .q5K: GM_Q5_K
      case .q6K: GM_Q6_K
      case .iq4NL: GM_IQ4_NL
      case .iq4XS: GM_IQ4_XS
      }
    }
  }
}
