/// How the next token is chosen from logits, with the meanings and the order that llama.cpp gives them: bias, penalties,
/// top-k, top-p, min-p, temperature.
package struct SamplingOptions: Sendable, Equatable {
  /// 0 takes the likeliest token.
  package var temperature = 0.0
  /// Only so many of the likeliest tokens; 0 for all.
  package var topK = 0
  /// Only the likeliest tokens that together have this probability.
  package var topP = 1.0
  /// Only tokens of at least this share of the likeliest one's probability.
  package var minP = 0.0
  /// Logits of tokens among the last `penaltyWindow` are divided by it if positive, multiplied otherwise.
  package var repeatPenalty = 1.0
  /// Taken off the logits of these tokens once, and for each time that they occur.
  package var presencePenalty = 0.0
  package var frequencyPenalty = 0.0
  /// How many tokens of prompt and answer penalties look back on.
  package var penaltyWindow = 64
  /// Added to the logits of tokens, by their ids.
  package var logitBias: [Int: Double] = [:]
  /// The same seed makes the same choices, whatever runs beside.
  package var seed: UInt64 = 0

  package init() {}
}
