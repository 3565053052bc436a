import Tensors

/// The floating-point formats among those that files store.
enum FloatFormat {
  case float16, bfloat16, float32, float64
}

/// Conversions from stored to working number formats. Sources may be unaligned; `count` elements must be there. Each says
/// whether all that it has written is finite.
package enum FloatConversion {
  static func copy(
    _ source: UnsafeRawBufferPointer, _ format: FloatFormat, to target: UnsafeMutablePointer<Float>,
    count: Int
  ) -> Bool {
    guard let start = source.baseAddress, count > 0 else { return true }
    return switch format {
    case .float32: fill(target, count) { start.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    case .bfloat16: fill(target, count) { Float(bitPattern: UInt32(half(start, $0)) << 16) }
    case .float16: fill(target, count) { float(float16Bits: half(start, $0)) }
    case .float64:
      fill(target, count) { Float(start.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)) }
    }
  }

  /// The same to bfloat16 bits. Float64 is rounded to float32 first.
  static func copy(
    _ source: UnsafeRawBufferPointer, _ format: FloatFormat, to target: UnsafeMutablePointer<UInt16>,
    count: Int
  ) -> Bool {
    guard let start = source.baseAddress, count > 0 else { return true }
    return switch format {
    case .bfloat16: fill(target, count) { half(start, $0) }
    case .float32:
      fill(target, count) { bfloat16Bits(start.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
    case .float16: fill(target, count) { bfloat16Bits(float(float16Bits: half(start, $0))) }
    case .float64:
      fill(target, count) {
        bfloat16Bits(Float(start.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)))
      }
    }
  }

  /// Inlined, so that every conversion has a loop of its own, of vector instructions.
  @inline(__always)
  private static func fill(
    _ target: UnsafeMutablePointer<Float>, _ count: Int, _ number: (Int) -> Float
  ) -> Bool {
    var check = FiniteCheck()
    for index in 0..<count {
      let value = number(index)
      target[index] = value
      check.add(value)
    }
    return check.isFinite
  }

  @inline(__always)
  private static func fill(
    _ target: UnsafeMutablePointer<UInt16>, _ count: Int, _ bits: (Int) -> UInt16
  ) -> Bool {
    var check = FiniteCheck()
    for index in 0..<count {
      let value = bits(index)
      target[index] = value
      check.add(bfloat16Bits: value)
    }
    return check.isFinite
  }

  private static func half(_ start: UnsafeRawPointer, _ index: Int) -> UInt16 {
    start.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
  }

  /// Widens exactly, in a few vector instructions; `Float(Float16)` calls a library routine per element on x86-64.
  package static func float(float16Bits half: UInt16) -> Float {
    let magnitude = UInt32(half & 0x7FFF) << 13
    // Rebiases the exponent by 2¹¹², which normalises subnormal numbers on the way.
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let bits = magnitude >= 0x0F80_0000 ? magnitude | 0x7F80_0000 : scaled
    return Float(bitPattern: UInt32(half & 0x8000) << 16 | bits)
  }

  /// As `Float.bfloat16Bits`, without a branch, so that loops over it become vector instructions.
  static func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
    return UInt16(truncatingIfNeeded: value.isNaN ? 0x7FC0 : rounded)
  }
}
