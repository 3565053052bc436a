internal import Answering
internal import MixtureOfDepths

/// How one request is answered.
public struct AnswerOptions: Sendable, Equatable {
  /// Most tokens of the answer, at least 1.
  public var maxTokens = 512
  /// How freely tokens are chosen; 0 takes the likeliest one.
  public var temperature = 0.0
  /// Choose among this many of the likeliest tokens; 0 for all.
  public var topK = 0
  /// Choose among the likeliest tokens that together have this probability, above 0 and at most 1.
  public var topP = 1.0
  /// What chance follows from: the same seed makes the same choices, whatever else is answered at the time.
  public var seed: UInt64 = 0
  /// Texts at which the answer ends; they are not part of it.
  public var stopStrings: [String] = []
  /// What routed layers skip.
  public var skipping = Skipping.asTrained

  /// The likeliest answer, of at most 512 tokens, by the model's own rules.
  public init() {}

  /// - Parameter routing: That of the model, nil for a dense one, which has nothing to skip by.
  /// - Throws: `GammaModError` if a value makes no sense.
  func forEngine(_ routing: RoutingConfiguration?) throws -> Answering.AnswerOptions {
    func check(_ isGood: Bool, _ text: String) throws {
      if !isGood { throw GammaModError(.request, text) }
    }
    try check(maxTokens > 0, "maxTokens is at least 1, not \(maxTokens)")
    try check(temperature >= 0 && temperature.isFinite, "temperature is 0 or more, not \(temperature)")
    try check(topK >= 0, "topK is 0 or more, not \(topK)")
    try check(topP > 0 && topP <= 1, "topP is above 0 and at most 1, not \(topP)")
    var options = Answering.AnswerOptions()
    options.maxTokens = maxTokens
    options.sampling.temperature = temperature
    options.sampling.topK = topK
    options.sampling.topP = topP
    options.sampling.seed = seed
    options.stopStrings = stopStrings
    options.rules = try skipping.rules(routing?.rules)
    return options
  }
}

/// By which rule routed layers choose what they skip. It says nothing to a dense model.
public enum Skipping: Sendable, Equatable {
  /// The rules that the checkpoint was made with.
  case asTrained
  /// Every layer runs every token, as if there were no routers.
  case nothing
  /// This share of each picture's tokens, 0 to 1, those that the router finds least worth running; text always runs.
  case shareOfPictures(Double)
  /// Tokens of pictures run if the router's probability is above this, 0 to 1; text always runs.
  case belowInPictures(Double)
  /// Any token of the prompt runs if the router's probability is above this, 0 to 1: the rule of γ-MoD's release, with 0.005.
  case below(Double)

  /// - Parameter own: The model's rules; nil for a dense one.
  fileprivate func rules(_ own: RoutingRules?) throws -> RoutingRules? {
    func share(_ value: Double) throws -> Double {
      guard (0...1).contains(value) else {
        throw GammaModError(.request, "skipping takes numbers between 0 and 1, not \(value)")
      }
      return value
    }
    let prefill: RoutingRules.Prefill? =
      switch self {
      case .asTrained, .nothing: nil
      case .shareOfPictures(let value): .imageSkip(try share(value))
      case .belowInPictures(let value): .imageThreshold(Float(try share(value)))
      case .below(let value): .threshold(Float(try share(value)))
      }
    guard let own else { return nil }
    guard let prefill else { return self == .nothing ? .dense : nil }
    return RoutingRules(prefill: prefill, decode: own.decode)
  }
}
