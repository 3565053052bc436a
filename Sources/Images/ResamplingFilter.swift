import Foundation

/// How a picture is resampled. The filters are Pillow's, and so is their rounding where nothing else is said.
package enum ResamplingFilter: Sendable, Equatable {
  case bilinear
  case bicubic
  case lanczos
  /// As `bilinear`, by weights of 16 bits, as PyTorch does it with bytes.
  case torchBilinear

  /// Those of Pillow.
  static let pillow: [ResamplingFilter] = [.bilinear, .bicubic, .lanczos]

  /// The bits behind the point of weights of which `largest` is the largest.
  func fractionBits(largest: Double) -> Int32 {
    guard self == .torchBilinear else { return 22 }
    return (0..<22).first { Int(0.5 + largest * Double(1 << ($0 + 1))) >= 1 << 15 } ?? 22
  }

  /// The filter of a number used by Pillow and by `resample` in a processor's configuration: 1, 2 or 3.
  package init?(pillowCode: Int) {
    switch pillowCode {
    case 1: self = .lanczos
    case 2: self = .bilinear
    case 3: self = .bicubic
    default: return nil
    }
  }

  /// The distance in source pixels, at a scale of at most 1, beyond which the weight is 0.
  var support: Double {
    switch self {
    case .bilinear, .torchBilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight of a source pixel at a signed distance.
  func weight(at distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear, .torchBilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    case .lanczos:
      return x < 3 ? Self.normalizedSinc(x) * Self.normalizedSinc(x / 3) : 0
    }
  }

  private static func normalizedSinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(x * .pi) / (x * .pi)
  }
}
