package import Models
internal import Synchronization
package import Tensors

/// Measures ARank while a model runs: the mean rank, over heads and samples, of each layer's softmax attention maps.
///
/// Ranks are those of `torch.linalg.matrix_rank` in float32: singular values above max(rows, columns) · ε · largest.
/// Two variants: the map as it is, and the official code's, whose diagonal is set to zero. Each thread
/// makes one head's map at a time; maps are never held together.
package final class RankMeter: DecoderObserver {
  /// How a map's rank is found.
  package enum Method: Sendable {
    /// The singular values above the tolerance are counted without being computed. The count may differ where one lies
    /// so near the tolerance that float32 does not tell on which side.
    case counting
    /// All singular values are computed in float32, as PyTorch does: many times slower.
    case singularValues
  }

  private let backend: Backend
  private let method: Method
  private let includesPlain: Bool
  private let pool = MemoryPool()
  private var plainSums: [Double]
  private var strictSums: [Double]
  private var counts: [Int]

  /// - Parameter includesPlain: Whether to measure maps as they are as well; half the time without.
  package init(layers: Int, backend: Backend, method: Method = .counting, includesPlain: Bool = true) {
    self.backend = backend
    self.method = method
    self.includesPlain = includesPlain
    plainSums = [Double](repeating: 0, count: layers)
    strictSums = plainSums
    counts = [Int](repeating: 0, count: layers)
  }

  /// ARank of each layer over what has been seen: maps as they are; zeros where these are not measured.
  package var plain: [Double] { zip(plainSums, counts).map { $1 > 0 ? $0 / Double($1) : 0 } }

  /// ARank of each layer over what has been seen: maps with a zero diagonal.
  package var strictLower: [Double] { zip(strictSums, counts).map { $1 > 0 ? $0 / Double($1) : 0 } }

  package func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {}

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    // A generated token's map has one row; its rank says nothing.
    for item in items where item.queries.count > 1 {
      let maps = AttentionMaps(query: query, key: key, heads: heads, item: item)
      let sums = Mutex((plain: 0, strictLower: 0))
      backend.parallel(heads.queryHeads, threads: backend.threads) {
        [backend, method, includesPlain, pool] part in
        for head in part {
          let map = maps.map(head: head, backend: backend, pool: pool)
          let ranks = MapRanks(
            destroying: map, includesPlain: includesPlain, method: method, backend: backend, pool: pool)
          sums.withLock {
            $0.plain += ranks.plain ?? 0
            $0.strictLower += ranks.strictLower
          }
        }
      }
      let (plain, strictLower) = sums.withLock { $0 }
      plainSums[index] += Double(plain)
      strictSums[index] += Double(strictLower)
      counts[index] += heads.queryHeads
    }
  }
}
