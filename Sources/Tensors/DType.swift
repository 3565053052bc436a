/// The number formats in which a tensor holds its elements.
package enum DType: String, Sendable, CaseIterable {
  case float32 = "f32"
  case bfloat16 = "bf16"

  /// Bytes per element.
  package var size: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    }
  }
}

extension Float {
  /// The bits of this number as bfloat16, rounded to nearest, ties to even.
  package var bfloat16Bits: UInt16 {
    if isNaN { return 0x7FC0 }
    let bits = bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  /// The number whose bfloat16 bits are given; exact.
  package init(bfloat16Bits: UInt16) {
    self.init(bitPattern: UInt32(bfloat16Bits) << 16)
  }
}
