import Answering
import ArgumentParser
import Foundation
import MixtureOfDepths

/// How answers are generated, with the names that llama.cpp and mlx-vlm give these options.
struct SamplingArguments: ParsableArguments {
  @Option(
    name: [
      .customShort("n"), .customLong("max-tokens"), .customLong("predict"), .customLong("n-predict"),
      .customLong("max_new_tokens"),
    ], help: "Most tokens to generate.")
  var maxTokens = 512

  @Option(name: [.customLong("temp"), .customLong("temperature")], help: "0 takes the likeliest token.")
  var temperature = 0.0

  @Option(help: "Seed of the random choice at temperatures above 0.")
  var seed: UInt64 = 0

  @Option(help: "Choose among this many of the likeliest tokens; 0 for all.")
  var topK = 0

  @Option(
    name: [.customLong("top-p"), .customLong("top_p")],
    help: "Choose among the likeliest tokens that together have this probability.")
  var topP = 1.0

  @Option(help: "Choose among tokens of at least this share of the likeliest one's probability.")
  var minP = 0.0

  @Option(
    name: [.customLong("repeat-penalty"), .customLong("repetition-penalty")],
    help: "Above 1, tokens that occurred become less likely.")
  var repeatPenalty = 1.0

  @Option(help: "Taken off the logits of tokens that occurred.")
  var presencePenalty = 0.0

  @Option(help: "Taken off the logits of tokens, for each time that they occurred.")
  var frequencyPenalty = 0.0

  @Option(name: [.customLong("repeat-last-n")], help: "How many tokens penalties look back on.")
  var penaltyWindow = 64

  @Option(
    help: ArgumentHelp("Add to a token's logit; may be repeated.", valueName: "id(+|-)bias"),
    transform: LogitBias.init)
  var logitBias: [LogitBias] = []

  @Option(
    name: [.customLong("stop"), .customLong("reverse-prompt")], help: "End the answer here; may be repeated.")
  var stop: [String] = []

  @Flag(name: [.customLong("ignore-eos")], help: "Go on past the end that the model gives.")
  var ignoresEnd = false

  @OptionGroup var beams: BeamCount

  @OptionGroup var tokenLimit: TokenLimit

  func validate() throws {
    try tokenLimit.check(maxTokens)
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature must not be negative")
    }
    guard topK >= 0 else { throw ValidationError("--top-k must not be negative") }
    guard topP > 0, topP <= 1 else { throw ValidationError("--top-p takes a number above 0, at most 1") }
    guard (0...1).contains(minP) else { throw ValidationError("--min-p takes 0 to 1") }
    guard repeatPenalty > 0, repeatPenalty.isFinite, presencePenalty.isFinite, frequencyPenalty.isFinite
    else { throw ValidationError("penalties are finite numbers, and --repeat-penalty is above 0") }
    guard penaltyWindow >= 0 else { throw ValidationError("--repeat-last-n must not be negative") }
    guard stop.count <= 16, !stop.contains("") else {
      throw ValidationError("--stop takes up to 16 texts, none of them empty")
    }
  }

  /// A sentence about options that change nothing here.
  var notice: String? {
    guard temperature == 0, topK != 0 || topP != 1 || minP != 0 else { return nil }
    return "--top-k, --top-p and --min-p change nothing at temperature 0, which takes the likeliest token"
  }

  /// - Parameter rules: By which layers choose rows; nil for the model's own.
  func options(rules: RoutingRules? = nil) -> AnswerOptions {
    var options = AnswerOptions()
    options.maxTokens = maxTokens
    options.sampling.temperature = temperature
    options.sampling.seed = seed
    options.sampling.topK = topK
    options.sampling.topP = topP
    options.sampling.minP = minP
    options.sampling.repeatPenalty = repeatPenalty
    options.sampling.presencePenalty = presencePenalty
    options.sampling.frequencyPenalty = frequencyPenalty
    options.sampling.penaltyWindow = penaltyWindow
    options.sampling.logitBias = Dictionary(
      logitBias.map { ($0.id, $0.bias) }, uniquingKeysWith: { $0 + $1 })
    options.stopStrings = stop
    options.ignoresEnd = ignoresEnd
    options.rules = rules
    return options
  }
}

/// LLaVA's scripts name their beams; there is one.
struct BeamCount: ParsableArguments {
  @Option(
    name: [.customLong("num_beams"), .customLong("num-beams")],
    help: ArgumentHelp("1, as in LLaVA's scripts: there is no search over beams.", valueName: "1"))
  var count: Int?

  func validate() throws {
    guard count ?? 1 == 1 else {
      throw ValidationError("--num_beams takes 1, not \(count ?? 1): there is no search over beams")
    }
  }
}

/// A token id and what is added to its logit, such as `15043+1` or `15043-0.5`.
struct LogitBias {
  let id: Int
  let bias: Double

  init(_ text: String) throws {
    guard let sign = text.dropFirst().firstIndex(where: { "+-".contains($0) }),
      let id = Int(text[..<sign]), id >= 0, let bias = Double(text[sign...]), bias.isFinite
    else { throw ValidationError("--logit-bias takes a token id and a signed number, such as 15043-1.5") }
    (self.id, self.bias) = (id, bias)
  }
}
