internal import MixtureOfDepths

/// By which rule a trained model skips when it answers.
enum AnsweringRule: String, Sendable, CaseIterable {
  /// As it was trained: the same share of the same kinds of rows, the least probable ones.
  case trained
  /// The official one: any row of a prompt runs if p > 0.005, a generated one if p ≥ 0.5.
  case official
  /// Image rows run above a threshold that skips the trained share in prompts of training scenes.
  case calibrated

  /// The configuration of a model that was trained with `trained`.
  /// - Parameter threshold: For `calibrated`.
  func configuration(_ trained: RoutingConfiguration, threshold: Float?) -> RoutingConfiguration {
    var result = trained
    switch self {
    case .trained: break
    case .official:
      result.prefill = .threshold(0.005)
      result.decode = .threshold(0.5)
    case .calibrated:
      if let threshold { result.prefill = .imageThreshold(threshold) }
    }
    return result
  }
}
