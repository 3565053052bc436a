package import Models
package import Tensors

/// Finds the threshold by which a routed model skips a wanted share of the image rows, from the keep probabilities that
/// its routers give while it reads prompts.
///
/// One threshold serves all layers, as the official 0.005 does, so that layers may skip different shares. The
/// probabilities must come from a model that skips as it will, or about so: what layers skip changes what those behind
/// them see.
package final class ThresholdCalibration: RoutingObserver {
  private var probabilities: [Float] = []

  package init() {}

  package func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {}

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {}

  package func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int]
  ) {
    probabilities.withFloats { numbers in
      for (row, role) in batch.roles.enumerated() where role == .image {
        self.probabilities.append(numbers[row])
      }
    }
  }

  /// The probability that the wanted share of the rows seen so far does not exceed; nil if there were none.
  /// - Parameter skip: 0…1
  package func threshold(skip: Double) -> Float? {
    guard !probabilities.isEmpty else { return nil }
    let sorted = probabilities.sorted()
    let place = Int((Double(sorted.count) * skip).rounded()) - 1
    return place < 0 ? 0 : sorted[min(place, sorted.count - 1)]
  }
}
