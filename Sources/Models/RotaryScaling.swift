internal import Foundation

/// What becomes of the frequencies theta^(−2i / headWidth), and by which factor cosines and sines are multiplied: the kinds of
/// `rope_type` in transformers' modeling_rope_utils.
package enum RotaryScaling: Sendable, Equatable {
  case none
  /// All divided by a factor.
  case linear(factor: Double)
  /// LLaMA 3.1: waves longer than `context / low` are slowed by `factor`, those shorter than `context / high` stay,
  /// those between are mixed.
  case llama3(factor: Double, low: Double, high: Double, context: Double)
  /// The base grows with sequences that are longer than the model's context.
  case dynamic(factor: Double, context: Double)
  /// Waves that turn often within `context` stay, those that turn seldom are slowed by `factor` (Peng et al. 2023).
  case yarn(Yarn)
  /// A factor for each frequency, by whether the sequence is longer than `context` (Ding et al. 2024).
  case longrope(short: [Double], long: [Double], context: Double, attention: Double)

  package struct Yarn: Sendable, Equatable {
    var factor: Double
    /// Turns within the context from which waves stay, and up to which they are slowed.
    var fast = 32.0
    var slow = 1.0
    var context: Double
    /// Of cosines and sines.
    var attention: Double
    /// Whether the range of mixed frequencies is widened to whole ones.
    var truncates = true
  }

  /// The factor of cosines and sines.
  package var attentionFactor: Double {
    switch self {
    case .none, .linear, .llama3, .dynamic: 1
    case .yarn(let yarn): yarn.attention
    case .longrope(_, _, _, let attention): attention
    }
  }

  /// The longest sequence for which the frequencies are those of `frequencies` without a length; nil if all are.
  package var longestSequence: Int? {
    if case .longrope(_, _, let context, _) = self { Int(context) } else { nil }
  }

  /// - Parameter length: Of the sequence, for the kinds that ask; nil for one within the trained context.
  /// - Returns: One per pair of numbers of a head.
  package func frequencies(headWidth: Int, theta: Double, length: Int? = nil) -> [Float] {
    var theta = theta
    if case .dynamic(let factor, let context) = self {
      let longer = max(Double(length ?? 0), context) / context
      theta *= pow(factor * longer - (factor - 1), Double(headWidth) / Double(headWidth - 2))
    }
    let waves = (0..<headWidth / 2).map { pow(theta, Double(2 * $0) / Double(headWidth)) }
    switch self {
    case .none, .dynamic: return waves.map { Float(1 / $0) }
    case .linear(let factor): return waves.map { Float(1 / $0) / Float(factor) }
    case .llama3(let factor, let low, let high, let context):
      return waves.map { Self.llama3(Float(1 / $0), factor, low, high, context) }
    case .yarn(let yarn):
      let range = yarn.mixed(headWidth: headWidth, theta: theta)
      return waves.enumerated().map { pair, wave in
        let slowed = min(max((Double(pair) - range.low) / (range.high - range.low), 0), 1)
        return Float(slowed / (yarn.factor * wave) + (1 - slowed) / wave)
      }
    case .longrope(let short, let long, let context, _):
      let factors = Double(length ?? 0) > context ? long : short
      return zip(waves, factors).map { Float(1 / ($1 * $0)) }
    }
  }

  private static func llama3(
    _ frequency: Float, _ factor: Double, _ low: Double, _ high: Double, _ context: Double
  ) -> Float {
    let wave = 2 * Float.pi / frequency
    if wave < Float(context / high) { return frequency }
    let slow = frequency / Float(factor)
    if wave > Float(context / low) { return slow }
    let share = (Float(context) / wave - Float(low)) / Float(high - low)
    return (1 - share) * slow + share * frequency
  }
}

extension RotaryScaling.Yarn {
  /// The factor that the paper suggests for cosines and sines.
  /// - Parameters:
  ///   - scale, whole: `mscale` and `mscale_all_dim`, which count if both are given and not zero.
  static func attention(factor: Double, scale: Double?, whole: Double?) -> Double {
    func size(_ scale: Double) -> Double { factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1 }
    guard let scale, let whole, scale != 0, whole != 0 else { return size(1) }
    return size(scale) / size(whole)
  }

  /// Between which frequencies both kinds are mixed.
  fileprivate func mixed(headWidth: Int, theta: Double) -> (low: Double, high: Double) {
    func place(turns: Double) -> Double {
      Double(headWidth) * log(context / (turns * 2 * .pi)) / (2 * log(theta))
    }
    let (first, last) = (place(turns: fast), place(turns: slow))
    let low = max(truncates ? first.rounded(.down) : first, 0)
    let high = min(truncates ? last.rounded(.up) : last, Double(headWidth - 1))
    return (low, low == high ? high + 0.001 : high)
  }
}
