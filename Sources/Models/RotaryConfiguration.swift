internal import Foundation
internal import StrictJSON
internal import Tensors

/// How a decoder turns positions into angles: `rope_theta` with `rope_scaling`, or both in `rope_parameters`.
package struct RotaryConfiguration: Sendable, Equatable {
  /// What becomes of the frequencies theta^(−2i / headWidth).
  package enum Scaling: Sendable, Equatable {
    case none
    /// All divided by a factor.
    case linear(factor: Double)
    /// LLaMA 3.1: waves longer than `context / low` are slowed by `factor`, those shorter than `context / high` stay,
    /// those between are mixed.
    case llama3(factor: Double, low: Double, high: Double, context: Double)
  }

  package var headWidth: Int
  package var theta: Double
  package var scaling: Scaling
  /// How many pairs of a head turn by time, row and column (Qwen2-VL); nil where a position is one number.
  package var sections: [Int]?

  init(_ json: JSONObject, headWidth: Int) throws {
    self.headWidth = headWidth
    let parameters = try json.optionalObject("rope_parameters")
    theta = try parameters?.optionalDouble("rope_theta") ?? json.optionalDouble("rope_theta") ?? 10000
    // The first releases of LLaMA code did not read the key; what was trained with them means 10000.
    if let version = try json.optionalString("transformers_version"), Self.ignoresTheta(version) {
      theta = 10000
    }
    scaling = .none
    sections = nil
    guard theta > 0 else { throw json.error(at: "rope_theta", "it must be positive, not \(theta)") }
    guard let object = try json.optionalObject("rope_scaling") ?? parameters else { return }
    let kind = try object.optionalString("rope_type") ?? object.optionalString("type") ?? "default"
    switch kind {
    case "default", "mrope": break
    case "linear":
      scaling = .linear(factor: try Self.positive(object, "factor"))
    case "llama3":
      scaling = .llama3(
        factor: try Self.positive(object, "factor"), low: try Self.positive(object, "low_freq_factor"),
        high: try Self.positive(object, "high_freq_factor"),
        context: try Self.positive(object, "original_max_position_embeddings"))
    default:
      throw json.error(
        at: "rope_scaling",
        "rotary embeddings of type \(kind) are not supported; default, linear, llama3 and mrope are")
    }
    if let numbers = try object.optionalInts("mrope_section") {
      guard numbers.count == 3, numbers.allSatisfy({ (0...headWidth).contains($0) }),
        numbers.reduce(0, +) == headWidth / 2
      else {
        throw object.error(
          at: "mrope_section",
          "\(numbers) must be three counts that fill the \(headWidth / 2) pairs of a head")
      }
      sections = numbers
    }
  }

  /// The angles that positions up to `positions` are turned by.
  func table(positions: Int) -> RotaryTable {
    let frequencies = RotaryTable.frequencies(headWidth: headWidth, theta: theta)
    return RotaryTable(frequencies: frequencies.map(scaled), positions: positions)
  }

  private func scaled(_ frequency: Float) -> Float {
    switch scaling {
    case .none: return frequency
    case .linear(let factor): return frequency / Float(factor)
    case .llama3(let factor, let low, let high, let context):
      let wave = 2 * Float.pi / frequency
      if wave < Float(context / high) { return frequency }
      let slow = frequency / Float(factor)
      if wave > Float(context / low) { return slow }
      let share = (Float(context) / wave - Float(low)) / Float(high - low)
      return (1 - share) * slow + share * frequency
    }
  }

  private static func positive(_ json: JSONObject, _ key: String) throws -> Double {
    let value = try json.double(key)
    guard value > 0 else { throw json.error(at: key, "it must be positive, not \(value)") }
    return value
  }

  /// transformers reads `rope_theta` of LLaMA models since 4.33.
  private static func ignoresTheta(_ version: String) -> Bool {
    let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? Int.max }
    return parts.count == 2 && (parts[0] < 4 || parts[0] == 4 && parts[1] < 33)
  }
}
