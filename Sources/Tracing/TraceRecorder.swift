internal import MixtureOfDepths
internal import Models
internal import Tensors

/// Keeps what the layers did in the last batch, row by row.
final class TraceRecorder: RoutingObserver {
  struct Route {
    let logits: Tensor
    let probabilities: Tensor
    let rows: [Int]
  }

  private(set) var hidden: [Int: Tensor] = [:]
  private(set) var routes: [Int: Route] = [:]
  private let meter: RankMeter?

  init(meter: RankMeter?) { self.meter = meter }

  func clear() { (hidden, routes) = ([:], [:]) }

  func layer(_ index: Int, of batch: PackedBatch, finishedWith rows: Tensor) { hidden[index] = rows }

  func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    meter?.layer(index, attends: query, key: key, heads: heads, items: items, of: plan)
  }

  func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int]
  ) {
    routes[index] = Route(logits: logits, probabilities: probabilities, rows: rows)
  }
}
