internal import Benchmarks
internal import Evaluation
public import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Models

extension Model {
  /// Which layers of a dense model are to skip tokens.
  public enum RoutedLayers: Sendable {
    /// All but this many of the highest ARank.
    case allButHighest(Int, of: ARank)
    /// All whose ARank is below this.
    case below(Double, in: ARank)
    /// These, counted from 0.
    case listed([Int])
  }

  /// Turns a dense model into a mixture-of-depths model, ready for tuning: writes a complete folder, whose tensors the released
  /// code of γ-MoD reads. As long as nothing is skipped it computes nearly what the dense model does.
  /// - Parameters:
  ///   - folder: The dense model's folder.
  ///   - target: The folder to write, in one step; nothing may be there yet.
  ///   - layers: Which layers get a router; they share one.
  ///   - skip: The share of a picture's tokens that these layers skip, 0 to 1.
  ///   - keepingPositions: Whether tokens keep their places in routed layers; otherwise places are counted over the tokens that
  ///     run, as in γ-MoD.
  ///   - questions: As for `ARank.measure`: the router then starts from the attention that tokens receive while these are
  ///     read, with which a model that keeps positions loses little even untuned; otherwise from chance.
  ///   - count: The most questions to read.
  ///   - threads: The most threads that one operation uses, at least 1.
  ///   - families: The families that can be loaded.
  /// - Returns: The routed layers, ascending.
  /// - Throws: `.model` if the model is routed already or the choice of layers does not fit it, what loading throws, `.file`,
  ///   or `.cancelled`; `target` is then as it was.
  @discardableResult
  public static func convert(
    _ folder: URL, to target: URL, routing layers: RoutedLayers, skip: Double = 0.5,
    keepingPositions: Bool = true, questions: URL? = nil, count: Int = 50,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, families: ModelFamilies = .standard
  ) async throws(GammaModError) -> [Int] {
    try await Worker.run { cancellation in
      var conversion = ModelConversion()
      conversion.skip = skip
      conversion.positions = keepingPositions ? .original : .compact
      conversion.choice = layers.choice
      let router = try questions.map { questions in
        try conversion.fittedRouter(
          folder, report: layers.rank?.report, items: QuestionSamples.read(questions, count: count),
          threads: max(1, threads), registry: families.registry
        ) { _ in try cancellation.check() }
      }
      try cancellation.check()
      return try conversion.convert(
        folder, report: layers.rank?.report, router: router, to: target, registry: families.registry)
    }
  }
}

extension Model.RoutedLayers {
  fileprivate var choice: ModelConversion.LayerChoice {
    switch self {
    case .allButHighest(let count, _): .allButHighest(count)
    case .below(let limit, _): .below(limit)
    case .listed(let layers): .listed(layers)
    }
  }

  fileprivate var rank: ARank? {
    switch self {
    case .allButHighest(_, let rank), .below(_, let rank): rank
    case .listed: nil
    }
  }
}
