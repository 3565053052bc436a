public import Models

/// The `mod` object of config.json: which layers are routed, and by which rules.
///
/// The first group of keys is the official code's; an object that has only these gets the official rules. Keys of our
/// own stand beside them, so that an official checkpoint loads unchanged and ours says what it needs.
public struct RoutingConfiguration: Sendable, Equatable {
  /// Which rows of a prompt a routed layer runs; p is the router's keep probability.
  public enum Prefill: Sendable, Equatable {
    /// Rows with p > threshold, text as well as image (official: 0.005).
    case threshold(Float)
    /// Image rows with p > threshold, and all text.
    case imageThreshold(Float)
    /// All but this share of the image rows of each sequence, those with the smallest p, and all text.
    case imageSkip(Double)
    /// All but this share of all rows, those with the smallest p: the counterpart of training without protection.
    case skip(Double)
  }

  /// Whether a routed layer runs a generated token.
  public enum Decode: Sendable, Equatable {
    /// If p ≥ threshold (official: 0.5).
    case threshold(Float)
    case always
  }

  /// The rows that training never skips (masked routing learning).
  public enum Protection: String, Sendable, CaseIterable {
    case nothing = "none"
    case question
    case questionAndAnswer = "question+answer"
  }

  /// Which routed layers decide by the same router.
  public enum RouterSharing: String, Sendable, CaseIterable {
    /// All, as in γ-MoD.
    case shared
    /// None: each has its own, as in mixture of depths before γ-MoD.
    case layer
  }

  /// What ranks the rows of which a share is skipped.
  public enum RowChoice: Sendable, Equatable {
    /// The router's keep probability.
    case router
    /// Chance: a number that follows from the layer, the row's place and the seed. For comparison.
    case random(seed: Int)
  }

  /// Routed layers, ascending.
  public var layers: [Int]
  /// How the layers were chosen; a label.
  public var mode: String
  /// The share of routable rows that training skips.
  public var capacityFactor: Double
  /// For each routed layer its own share to skip, in training and in prompts, where depth decides it (as in p-MoD);
  /// nil where all have the same. A prompt rule of thresholds does not look at it.
  public var skipByLayer: [Double]?
  public var routerSharing = RouterSharing.shared
  public var rowChoice = RowChoice.router
  /// The factor on the sum of router losses.
  public var routerLossCoefficient: Double
  public var prefill: Prefill
  public var decode: Decode
  public var positions: LayerPlan.Positions
  public var protection: Protection

  /// The released code that a checkpoint was trained with; its two parts differ in how they generate.
  public enum Release: Sendable, Equatable {
    case llavaHR
    /// Generated tokens always run, at their place in the sequence.
    case miniGemini

    /// - Parameter modelType: `model_type` of the checkpoint's configuration.
    init(modelType: String?) { self = modelType == "mod_mgm" ? .miniGemini : .llavaHR }
  }

  /// The official rules for some layers.
  public init(
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

  /// The share that a routed layer skips where all skip `common`.
  func share(_ common: Double, inLayer layer: Int) -> Double {
    guard let skipByLayer, let index = layers.firstIndex(of: layer) else { return common }
    return skipByLayer[index]
  }
}
