/// Conversions from stored to working number formats. Sources may be unaligned; `count` elements must be there.
enum FloatConversion {
  static func copy(
    _ source: UnsafeRawBufferPointer, _ type: StoredType, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    guard let start = source.baseAddress, count > 0 else { return }
    switch type {
    case .float32:
      UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: count * 4)
    case .bfloat16:
      for index in 0..<count { target[index] = Float(bitPattern: UInt32(half(start, index)) << 16) }
    case .float16:
      for index in 0..<count { target[index] = float(float16Bits: half(start, index)) }
    case .float64:
      for index in 0..<count {
        target[index] = Float(start.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
      }
    default:
      preconditionFailure("\(type.rawValue) is no floating-point format")
    }
  }

  /// The same to bfloat16 bits. Float64 is rounded to float32 first.
  static func copy(
    _ source: UnsafeRawBufferPointer, _ type: StoredType, to target: UnsafeMutablePointer<UInt16>, count: Int
  ) {
    guard let start = source.baseAddress, count > 0 else { return }
    switch type {
    case .bfloat16:
      UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: count * 2)
    case .float32:
      for index in 0..<count {
        target[index] = bfloat16Bits(start.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
      }
    case .float16:
      for index in 0..<count { target[index] = bfloat16Bits(float(float16Bits: half(start, index))) }
    case .float64:
      for index in 0..<count {
        target[index] = bfloat16Bits(Float(start.loadUnaligned(fromByteOffset: index * 8, as: Double.self)))
      }
    default:
      preconditionFailure("\(type.rawValue) is no floating-point format")
    }
  }

  private static func half(_ start: UnsafeRawPointer, _ index: Int) -> UInt16 {
    start.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
  }

  /// Widens exactly, in a few vector instructions; `Float(Float16)` calls a library routine per element on x86-64.
  static func float(float16Bits half: UInt16) -> Float {
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
