internal import Foundation
internal import StrictJSON

/// The learning rate by steps: a linear warm-up, then a cosine.
struct LearningRate: Sendable {
  /// The rate when the warm-up ends.
  let peak: Double
  let warmupSteps: Int
  /// Whether the warm-up begins with a step at rate 0, as in transformers, or with its first part.
  let warmsUpFromZero: Bool
  /// The rate that the cosine ends at, as a share of `peak`.
  let finalShare: Double
  /// Steps of the whole run.
  let steps: Int

  static let keys = ["learning_rate", "warmup_steps", "warmup_from_zero", "final_rate_share"]

  init(_ json: JSONObject, steps: Int) throws(JSONError) {
    peak = try json.number("learning_rate", in: 0...1)
    warmupSteps = try json.count("warmup_steps", default: 0, from: 0)
    warmsUpFromZero = try json.optionalBool("warmup_from_zero") ?? false
    finalShare = try json.number("final_rate_share", default: 0, in: 0...1)
    self.steps = steps
  }

  /// The rate of a step, counted from 0.
  func at(step: Int) -> Double {
    if step < warmupSteps {
      return peak * Double(warmsUpFromZero ? step : step + 1) / Double(warmupSteps)
    }
    let progress = Double(step - warmupSteps) / Double(max(1, steps - warmupSteps))
    return peak * (finalShare + (1 - finalShare) * 0.5 * (1 + cos(Double.pi * progress)))
  }
}
