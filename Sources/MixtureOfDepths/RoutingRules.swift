package import Models

/// By which rules routed layers choose the rows of one sequence that is answered. Sequences of one batch may have
/// different ones.
package struct RoutingRules: RowRules, Hashable {
  /// Which rows of a prompt a routed layer runs; p is the router's keep probability.
  package enum Prefill: Sendable, Hashable {
    /// Rows with p > threshold, text as well as image (official: 0.005).
    case threshold(Float)
    /// Image rows with p > threshold, and all text.
    case imageThreshold(Float)
    /// All but this share of the rows of each picture, those with the smallest p, and all text.
    case imageSkip(Double)
    /// All but this share of all rows, those with the smallest p: the counterpart of training without protection.
    case skip(Double)
  }

  /// Whether a routed layer runs a generated token.
  package enum Decode: Sendable, Hashable {
    /// If p ≥ threshold (official: 0.5).
    case threshold(Float)
    case always
  }

  package var prefill: Prefill
  package var decode: Decode
  /// For each routed layer its own share of prompts to skip; nil where all have that of `prefill`.
  package var skipByLayer: [Double]?
  /// Every layer runs every row as if there were no routers, and no gates of theirs.
  package var isDense = false

  package init(prefill: Prefill, decode: Decode, skipByLayer: [Double]? = nil) {
    self.prefill = prefill
    self.decode = decode
    self.skipByLayer = skipByLayer
  }

  /// No rule at all: as if the model had no routers.
  package static let dense: RoutingRules = {
    var rules = RoutingRules(prefill: .imageSkip(0), decode: .always)
    rules.isDense = true
    return rules
  }()

  /// Whether the choice among some rows depends on rows behind them, so that a prompt must be read at once and shares
  /// nothing with others that begin alike.
  package var readsWholeSequence: Bool {
    if case .skip = prefill { !isDense } else { false }
  }

  /// Whether the choice among a picture's rows depends on all of them, so that a picture is read at once.
  package var readsWholePictures: Bool {
    if case .imageSkip = prefill { !isDense } else { false }
  }

  /// Whether a generated token leaves the same in every layer as the same token of a prompt.
  /// - Parameter positions: Those of routed layers.
  package func treatsGeneratedRowsAsPrompt(_ positions: LayerPlan.Positions) -> Bool {
    if isDense { return true }
    switch (prefill, decode) {
    case (.imageSkip, .always), (.imageThreshold, .always): return positions != .promptCompact
    default: return false
    }
  }
}
