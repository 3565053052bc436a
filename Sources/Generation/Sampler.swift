internal import Foundation
internal import Models

/// Chooses the next token from logits: the largest at temperature 0, otherwise by chance with a fixed seed.
package struct Sampler: Sendable {
  package let temperature: Double
  private var numbers: NormalNumbers

  package init(temperature: Double = 0, seed: UInt64 = 0) {
    self.temperature = temperature
    numbers = NormalNumbers(seed: seed)
  }

  /// The index of the chosen logit; among equals the first.
  package mutating func next(_ logits: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    guard temperature > 0 else { return best }
    let top = Double(logits[best])
    let weights = logits.map { exp((Double($0) - top) / temperature) }
    var rest = numbers.uniform() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return best
  }
}
