/// Some consecutive rows of keys and values that a query sees.
package enum KeySpan: Sendable {
  /// Rows of the packed keys and values of the same call.
  case rows(Range<Int>)
  /// Rows of earlier calls, of the same heads; no gradient flows into them.
  case kept(KeyValueRows)

  var count: Int {
    switch self {
    case .rows(let range): range.count
    case .kept(let rows): rows.count
    }
  }

  /// How many pieces lie apart in memory.
  var pieces: Int {
    switch self {
    case .rows: 1
    case .kept(let rows): rows.spanCount
    }
  }
}

/// Consecutive queries of a packed batch and the keys they see, in order.
package struct AttentionItem: Sendable {
  package let queries: Range<Int>
  package let spans: [KeySpan]
  /// Whether the last query sees all keys and each query before it one key less.
  package let isCausal: Bool
  /// The most keys up to its own that a query sees, which are the last of them; nil for all (sliding-window attention).
  package let window: Int?
  /// How many keys behind its own each query of a causal item sees, such as the rest of its picture; nil for none. No query
  /// may see less far than the one before.
  package let ahead: [Int32]?

  package init(
    queries: Range<Int>, spans: [KeySpan], isCausal: Bool, window: Int? = nil, ahead: [Int32]? = nil
  ) {
    precondition(
      ahead.map { isCausal && $0.count == queries.count && ($0.last ?? 0) == 0 } ?? true,
      "the last query looks behind the last key")
    self.queries = queries
    self.spans = spans
    self.isCausal = isCausal
    self.window = window
    self.ahead = ahead
  }

  var keyCount: Int { spans.reduce(0) { $0 + $1.count } }

  /// Pairs of a query and a key that it sees.
  package var visibleKeys: Int {
    let more = ahead?.reduce(0) { $0 + Int($1) } ?? 0
    return queries.indices.reduce(more) { total, query in
      let reached = isCausal ? keyCount - (queries.upperBound - 1 - query) : keyCount
      return total + min(reached, window ?? reached)
    }
  }
}

/// The head layout of an attention operation. Query heads share key/value heads in consecutive groups.
package struct AttentionHeads: Sendable {
  package let queryHeads: Int
  package let keyValueHeads: Int
  package let headWidth: Int
  /// What products of queries and keys are multiplied by.
  package let scale: Float

  /// - Parameter scale: 1 / √headWidth if nil.
  package init(queryHeads: Int, keyValueHeads: Int, headWidth: Int, scale: Float? = nil) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
    self.scale = scale ?? 1 / Float(headWidth).squareRoot()
  }

  var groupSize: Int { queryHeads / keyValueHeads }
}

extension Tape {
  /// softmax(q · kᵀ · scale) · v for each head and item, in blocks of queries.
  /// - Parameter precision: That of the weights that made query, key and value. They may be rounded to bfloat16 as well
  ///   where the weights are narrower than float32 and no gradients are asked for.
  /// - Shape: query `[rows, queryHeads · headWidth]`; key, value `[rows, keyValueHeads · headWidth]` → as query. Every
  ///   query row belongs to exactly one item.
  package func attention(
    query: Value, key: Value, value: Value, heads: AttentionHeads, items: [AttentionItem],
    precision: WeightPrecision = .float32
  ) -> Value {
    let result = make(query.tensor.shape)
    let work =
      items.reduce(0) { $0 + $1.queries.count * $1.keyCount } * heads.queryHeads * heads.headWidth * 4
    AttentionCall(
      query: query.tensor, key: key.tensor, value: value.tensor, output: result, heads: heads, items: items,
      rounds: precision != .float32 && !records, backend: backend, pool: pool
    ).forward(threads: backend.usefulThreads(work: work), backend, pool)
    guard isTracked(query, key, value) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slopes = AttentionCall.Gradients(
        output: gradient, query: zeros(query.tensor.shape), key: zeros(key.tensor.shape),
        value: zeros(value.tensor.shape))
      let call = AttentionCall(
        query: query.tensor, key: key.tensor, value: value.tensor, output: result, gradients: slopes,
        heads: heads, items: items, rounds: false, backend: backend, pool: pool)
      backend.parallel(heads.keyValueHeads, threads: backend.usefulThreads(work: work * 3)) {
        [backend, pool] part in call.backward(keyValueHeads: part, backend, pool)
      }
      accumulate(slopes.query, into: query)
      accumulate(slopes.key, into: key)
      accumulate(slopes.value, into: value)
    }
  }
}

/// The softmax attention maps of one item, for measuring them.
package struct AttentionMaps: Sendable {
  private let query: Tensor
  private let key: Tensor
  private let heads: AttentionHeads
  private let item: AttentionItem

  package init(query: Tensor, key: Tensor, heads: AttentionHeads, item: AttentionItem) {
    self.query = query
    self.key = key
    self.heads = heads
    self.item = item
  }

  /// - Shape: `[queries, keys]`, zero where a query does not see a key
  package func map(head: Int, backend: Backend, pool: MemoryPool) -> Tensor {
    AttentionCall(
      query: query, key: key, value: key, output: query, heads: heads, items: [item], rounds: false,
      backend: backend, pool: pool
    ).map(head: head, backend: backend, pool: pool)
  }
}
