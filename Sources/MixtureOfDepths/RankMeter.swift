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
  /// Why a map had no rank; nothing is measured from then on.
  private var failure: ModelError?

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
  /// - Throws: As `check`.
  package var plain: [Double] { get throws { try means(plainSums) } }

  /// ARank of each layer over what has been seen: maps with a zero diagonal.
  /// - Throws: As `check`.
  package var strictLower: [Double] { get throws { try means(strictSums) } }

  /// - Throws: `ModelError` that names the first layer with a map that holds NaN or has no rank.
  package func check() throws { if let failure { throw failure } }

  private func means(_ sums: [Double]) throws -> [Double] {
    try check()
    return zip(sums, counts).map { $1 > 0 ? $0 / Double($1) : 0 }
  }

  package func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {}

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    // A generated token's map has one row; its rank says nothing.
    for item in items where item.queries.count > 1 && failure == nil {
      let maps = AttentionMaps(query: query, key: key, heads: heads, item: item)
      let sums = Mutex((plain: 0, strictLower: 0, failure: String?.none))
      backend.parallel(heads.queryHeads, threads: backend.threads) {
        [backend, method, includesPlain, pool] part in
        for head in part {
          let map = maps.map(head: head, backend: backend, pool: pool)
          let ranks = Result {
            try MapRanks(
              destroying: map, includesPlain: includesPlain, method: method, backend: backend, pool: pool)
          }
          sums.withLock {
            switch ranks {
            case .success(let ranks):
              $0.plain += ranks.plain ?? 0
              $0.strictLower += ranks.strictLower
            case .failure(let error): $0.failure = "\(error)"
            }
          }
        }
      }
      let (plain, strictLower, failure) = sums.withLock { $0 }
      if let failure {
        self.failure = ModelError(
          "layer \(index) has no ARank: \(failure); its weights are damaged or their format is too narrow")
        return
      }
      plainSums[index] += Double(plain)
      strictSums[index] += Double(strictLower)
      counts[index] += heads.queryHeads
    }
  }
}
