package import MixtureOfDepths

/// How one request is answered.
package struct AnswerOptions: Sendable {
  /// Most tokens of the answer.
  package var maxTokens = 512
  package var sampling = SamplingOptions()
  /// Texts at which the answer ends; they are not part of it.
  package var stopStrings: [String] = []
  /// Whether to go on past the ends of turn that the model gives.
  package var ignoresEnd = false
  /// By which rules layers choose rows; nil for the model's own.
  package var rules: RoutingRules?
  /// Whether rows of earlier requests that began alike may be taken over, and this one's kept for later ones.
  package var sharesRows = true

  package init() {}
}
