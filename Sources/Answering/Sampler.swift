internal import Foundation
internal import Models

/// Chooses the next token from logits.
package struct Sampler: Sendable {
  private let options: SamplingOptions
  private var numbers: NormalNumbers

  package init(_ options: SamplingOptions = SamplingOptions()) {
    self.options = options
    numbers = NormalNumbers(seed: options.seed)
  }

  /// The index of the chosen logit; among equals the first.
  /// - Parameter history: The tokens so far, on which penalties look back.
  /// - Throws: `AnswerError` if there is no largest logit: one is NaN or +∞, or all are −∞.
  package mutating func next(
    _ logits: [Float], after history: some BidirectionalCollection<Int>
  ) throws(AnswerError) -> Int {
    var logits = logits
    for (id, bias) in options.logitBias where logits.indices.contains(id) { logits[id] += Float(bias) }
    penalize(&logits, history)
    let best = try largest(logits)
    guard options.temperature > 0 else { return best }
    let top = Double(logits[best])
    let kept = candidates(logits, top: top)
    let weights = kept.map { exp((Double(logits[$0]) - top) / options.temperature) }
    var rest = numbers.uniform() * weights.reduce(0, +)
    for (index, weight) in zip(kept, weights) {
      rest -= weight
      if rest < 0 { return index }
    }
    return best
  }

  private func largest(_ logits: [Float]) throws(AnswerError) -> Int {
    guard var best = logits.indices.first else { throw .notFinite("no logit to choose from") }
    var isNumber = true
    for (index, logit) in logits.enumerated() {
      isNumber = isNumber && logit == logit
      if logit > logits[best] { best = index }
    }
    guard isNumber, logits[best].isFinite else {
      throw .notFinite("a logit that is \(isNumber ? "\(logits[best])" : "NaN")")
    }
    return best
  }

  private func penalize(_ logits: inout [Float], _ history: some BidirectionalCollection<Int>) {
    guard options.repeatPenalty != 1 || options.presencePenalty != 0 || options.frequencyPenalty != 0 else {
      return
    }
    var counts: [Int: Int] = [:]
    for id in history.suffix(options.penaltyWindow) where logits.indices.contains(id) {
      counts[id, default: 0] += 1
    }
    for (id, count) in counts {
      let logit = Double(logits[id])
      let scaled = logit > 0 ? logit / options.repeatPenalty : logit * options.repeatPenalty
      logits[id] = Float(scaled - options.presencePenalty - Double(count) * options.frequencyPenalty)
    }
  }

  /// The tokens that top-k, top-p and min-p leave; in the order of the vocabulary where none of them is asked for.
  private func candidates(_ logits: [Float], top: Double) -> [Int] {
    guard options.topK > 0 || options.topP < 1 || options.minP > 0 else { return Array(logits.indices) }
    let least = options.minP > 0 && options.topP >= 1 ? top + log(options.minP) : -.infinity
    var kept = logits.indices.filter { Double(logits[$0]) >= least }
      .sorted { (logits[$1], $0) < (logits[$0], $1) }
    if options.topK > 0 { kept = Array(kept.prefix(options.topK)) }
    if options.topP < 1 {
      let weights = kept.map { exp(Double(logits[$0]) - top) }
      let enough = options.topP * weights.reduce(0, +)
      var sum = 0.0
      kept = Array(
        kept.prefix(
          1
            + zip(kept, weights).prefix {
              sum += $0.1
              return sum < enough
            }.count))
    }
    if options.minP > 0 {
      kept = kept.filter { exp(Double(logits[$0]) - top) >= options.minP }
    }
    return kept
  }
}
