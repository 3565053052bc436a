internal import StrictJSON

extension AdamW {
  /// What stays the same from step to step.
  struct Settings: Sendable {
    let beta1: Double
    let beta2: Double
    let epsilon: Double
    /// Of matrices; norms and biases do not decay.
    let weightDecay: Double
    /// The largest norm of the whole gradient; 0 for any.
    let gradientClip: Double

    static let keys = ["beta1", "beta2", "epsilon", "weight_decay", "gradient_clip"]

    init(_ json: JSONObject) throws(JSONError) {
      beta1 = try json.number("beta1", default: 0.9, in: 0...0.9999)
      beta2 = try json.number("beta2", default: 0.98, in: 0...0.99999)
      epsilon = try json.number("epsilon", default: 1e-8, in: 0...1)
      weightDecay = try json.number("weight_decay", default: 0.05, in: 0...10)
      gradientClip = try json.number("gradient_clip", default: 1, in: 0...1e6)
    }
  }
}
