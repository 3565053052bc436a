package import Models

/// The `mod` object of config.json: which layers are routed, and by which rules.
///
/// The first group of keys is the official code's; an object that has only these gets the official rules. Keys of our
/// own stand beside them, so that an official checkpoint loads unchanged and ours says what it needs.
package struct RoutingConfiguration: Sendable, Equatable {
  package typealias Prefill = RoutingRules.Prefill
  package typealias Decode = RoutingRules.Decode

  /// The rows that training never skips (masked routing learning).
  package enum Protection: String, Sendable, CaseIterable {
    case nothing = "none"
    case question
    case questionAndAnswer = "question+answer"
  }

  /// Which routed layers decide by the same router.
  package enum RouterSharing: String, Sendable, CaseIterable {
    /// All, as in γ-MoD.
    case shared
    /// None: each has its own, as in mixture of depths before γ-MoD.
    case layer
  }

  /// What ranks the rows of which a share is skipped.
  package enum RowChoice: Sendable, Equatable {
    /// The router's keep probability.
    case router
    /// Chance: a number that follows from the layer, the row's place and the seed. For comparison.
    case random(seed: Int)
  }

  /// Routed layers, ascending.
  package var layers: [Int]
  /// How the layers were chosen; a label.
  package var mode: String
  /// The share of routable rows that training skips.
  package var capacityFactor: Double
  /// For each routed layer its own share to skip, in training and in prompts, where depth decides it (as in p-MoD);
  /// nil where all have the same. A prompt rule of thresholds does not look at it.
  package var skipByLayer: [Double]?
  package var routerSharing = RouterSharing.shared
  package var rowChoice = RowChoice.router
  /// The factor on the sum of router losses.
  package var routerLossCoefficient: Double
  package var prefill: Prefill
  package var decode: Decode
  package var positions: LayerPlan.Positions
  package var protection: Protection
  /// Whether the model was converted and has not been tuned since.
  package var isUntuned = false

  /// The released code that a checkpoint was trained with; its two parts differ in how they generate.
  package enum Release: Sendable, Equatable {
    case llavaHR
    /// Generated tokens always run, at their place in the sequence.
    case miniGemini

    /// - Parameter modelType: `model_type` of the checkpoint's configuration.
    package init(modelType: String?) { self = modelType == "mod_mgm" ? .miniGemini : .llavaHR }
  }

  /// The official rules for some layers.
  package init(
    layers: [Int], mode: String = "custom", capacityFactor: Double = 0.5, release: Release = .llavaHR
  ) {
    self.layers = layers.sorted()
    self.mode = mode
    self.capacityFactor = capacityFactor
    routerLossCoefficient = 0.01
    prefill = .threshold(0.005)
    decode = release == .llavaHR ? .threshold(0.5) : .always
    positions = release == .llavaHR ? .compact : .promptCompact
    protection = .questionAndAnswer
  }

  /// By which rows are chosen when the model answers.
  package var rules: RoutingRules {
    RoutingRules(prefill: prefill, decode: decode, skipByLayer: skipByLayer)
  }

  /// The share that a routed layer skips where all skip `common`.
  /// - Parameter byLayer: For each routed layer its own share; nil where all have the same.
  func share(_ common: Double, _ byLayer: [Double]?, inLayer layer: Int) -> Double {
    guard let byLayer, let index = layers.firstIndex(of: layer), index < byLayer.count else { return common }
    return byLayer[index]
  }
}
