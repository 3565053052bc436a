internal import MixtureOfDepths
package import Models
package import Tensors

/// Keeps what layers and routers did in one batch.
package final class RunRecorder: RoutingObserver {
  /// What each layer gave out.
  package private(set) var hidden: [Tensor] = []
  package private(set) var routed: [Int: (logits: Tensor, probabilities: Tensor, rows: [Int])] = [:]

  private let other: (any DecoderObserver)?

  /// - Parameter other: Is told about attention, too.
  package init(telling other: (any DecoderObserver)? = nil) { self.other = other }

  package func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {
    self.hidden.append(hidden)
  }

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    other?.layer(index, attends: query, key: key, heads: heads, items: items, of: plan)
  }

  package func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int]
  ) {
    routed[index] = (logits, probabilities, rows)
  }
}
