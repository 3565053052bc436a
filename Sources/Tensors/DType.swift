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

/// Finds NaN and infinities as numbers go by: a few integer instructions for each, which become those of vectors.
package struct FiniteCheck {
  /// The highest bit is set once an exponent was all ones.
  private var wide: UInt32 = 0
  private var narrow: UInt16 = 0

  package init() {}

  package mutating func add(_ number: Float) {
    wide |= (number.bitPattern & 0x7F80_0000) &+ 0x0080_0000
  }

  package mutating func add(bfloat16Bits bits: UInt16) { narrow |= (bits & 0x7F80) &+ 0x0080 }

  /// Whether all numbers so far were finite.
  package var isFinite: Bool { wide >> 31 == 0 && narrow >> 15 == 0 }
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
