internal import Checkpoints
internal import Tensors

/// The numbers of block formats that are seldom met and that memory does not keep: they are widened as they are read.
enum RareBlocks {
  /// - Returns: nil for formats that are none of these.
  static func numbers(_ type: StoredType, _ block: UnsafeRawBufferPointer) -> [Float]? {
    switch type {
    case .tq10: ternaryDigits(block)
    case .tq20: ternaryPairs(block)
    case .mxfp4: microscaled(block)
    case .nvfp4: scaledBySixteen(block)
    default: nil
    }
  }

  private static func half(_ block: UnsafeRawBufferPointer, at offset: Int) -> Float {
    FloatConversion.float(float16Bits: block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// Five ternary digits a byte, as the upper bits of its product with powers of three.
  private static func ternaryDigits(_ block: UnsafeRawBufferPointer) -> [Float] {
    let factor = half(block, at: 52)
    let powers: [UInt8] = [1, 3, 9, 27, 81]
    func digits(_ bytes: Range<Int>, _ count: Int) -> [Float] {
      powers.prefix(count).flatMap { power in
        bytes.map { factor * Float(((Int(block[$0] &* power) * 3) >> 8) - 1) }
      }
    }
    return digits(0..<32, 5) + digits(32..<48, 5) + digits(48..<52, 4)
  }

  private static func ternaryPairs(_ block: UnsafeRawBufferPointer) -> [Float] {
    let factor = half(block, at: 64)
    return [0, 32].flatMap { first in
      [0, 2, 4, 6].flatMap { shift in
        (first..<first + 32).map { factor * Float(Int(block[$0] >> UInt8(shift) & 3) - 1) }
      }
    }
  }

  /// Twice what four bits of a sign, two of an exponent and one of a fraction mean.
  private static let doubled: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

  private static func microscaled(_ block: UnsafeRawBufferPointer) -> [Float] {
    let exponent = UInt32(block[0])
    // Half of a power of two; the two smallest are no normal numbers.
    let factor = Float(bitPattern: exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23)
    return [0, 4].flatMap { shift in (1...16).map { factor * doubled[Int(block[$0] >> UInt8(shift) & 15)] } }
  }

  private static func scaledBySixteen(_ block: UnsafeRawBufferPointer) -> [Float] {
    (0..<4).flatMap { group in
      let factor = 0.5 * unsignedEighth(block[group])
      let first = 4 + 8 * group
      return [0, 4].flatMap { shift in
        (first..<first + 8).map { factor * doubled[Int(block[$0] >> UInt8(shift) & 15)] }
      }
    }
  }

  /// Four bits of an exponent and three of a fraction; what would be NaN is 0.
  private static func unsignedEighth(_ bits: UInt8) -> Float {
    let (exponent, fraction) = (Int(bits >> 3 & 15), Float(bits & 7))
    if bits == 0 || bits == 0x7F { return 0 }
    return exponent == 0
      ? fraction * 0x1p-9 : (1 + fraction / 8) * Float(sign: .plus, exponent: exponent - 7, significand: 1)
  }
}
