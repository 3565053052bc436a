internal import CKernels

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
}

/// Consecutive queries of a packed batch and the keys they see, in order.
package struct AttentionItem: Sendable {
  package let queries: Range<Int>
  package let spans: [KeySpan]
  /// Whether the last query sees all keys and each query before it one key less.
  package let isCausal: Bool
  /// The most keys that a query sees, which are the last of those that it may; nil for all (sliding-window attention).
  package let window: Int?

  package init(queries: Range<Int>, spans: [KeySpan], isCausal: Bool, window: Int? = nil) {
    self.queries = queries
    self.spans = spans
    self.isCausal = isCausal
    self.window = window
  }

  var keyCount: Int { spans.reduce(0) { $0 + $1.count } }

  /// Pairs of a query and a key that it sees.
  package var visibleKeys: Int {
    queries.indices.reduce(0) { total, query in
      let seen = isCausal ? keyCount - (queries.upperBound - 1 - query) : keyCount
      return total + min(seen, window ?? seen)
    }
  }
}

/// The head layout of an attention operation. Query heads share key/value heads in consecutive groups.
package struct AttentionHeads: Sendable {
  package let queryHeads: Int
  package let keyValueHeads: Int
  package let headWidth: Int

  package init(queryHeads: Int, keyValueHeads: Int, headWidth: Int) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
  }

  var groupSize: Int { queryHeads / keyValueHeads }
  var scale: Float { 1 / Float(headWidth).squareRoot() }
}

extension Tape {
  /// softmax(q · kᵀ / √headWidth) · v for each head and item, in blocks of queries.
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
    let call = AttentionCall(
      query: query.tensor, key: key.tensor, value: value.tensor, heads: heads, items: items,
      rounds: precision != .float32 && !records)
    backend.parallel(heads.queryHeads, threads: backend.usefulThreads(work: work)) { [backend, pool] part in
      call.forward(heads: part, output: result, backend: backend, pool: pool)
    }
    return record(result, tracked: isTracked(query, key, value)) { [unowned self] gradient in
      let slopes = (zeros(query.tensor.shape), zeros(key.tensor.shape), zeros(value.tensor.shape))
      backend.parallel(heads.keyValueHeads, threads: backend.usefulThreads(work: work * 3)) {
        [backend, pool] part in
        call.backward(
          keyValueHeads: part, output: result, gradient: gradient, slopes: slopes, backend: backend,
          pool: pool)
      }
      accumulate(slopes.0, into: query)
      accumulate(slopes.1, into: key)
      accumulate(slopes.2, into: value)
    }
  }
}

/// The softmax attention maps of one item, for measuring them.
package struct AttentionMaps: Sendable {
  private let call: AttentionCall

  package init(query: Tensor, key: Tensor, heads: AttentionHeads, item: AttentionItem) {
    call = AttentionCall(query: query, key: key, value: key, heads: heads, items: [item], rounds: false)
  }

  /// - Shape: `[queries, keys]`, zero where a query does not see a key
  package func map(head: Int, backend: Backend, pool: MemoryPool) -> Tensor {
    call.map(head: head, backend: backend, pool: pool)
  }
}

/// Translates packed tensors into the C kernels' pointers, one head at a time.
struct AttentionCall: Sendable {
  let query: Tensor
  let key: Tensor
  let value: Tensor
  let heads: AttentionHeads
  let items: [AttentionItem]
  /// Whether the forward pass may round to bfloat16.
  let rounds: Bool

  private var mostKeys: Int { items.reduce(0) { max($0, $1.keyCount) } }

  func forward(heads part: Range<Int>, output: Tensor, backend: Backend, pool: MemoryPool) {
    withScratch(backend, pool) { scratch in
      for head in part {
        withItems(head: head, output: output) { items in
          backend.kernels.functions.attention(
            items.baseAddress, Int64(items.count), Int64(heads.headWidth), heads.scale, Int64(mostKeys),
            scratch)
        }
      }
    }
  }

  /// Heads that share keys are done by one thread, so that no two add to the same key gradient.
  func backward(
    keyValueHeads part: Range<Int>, output: Tensor, gradient: Tensor, slopes: (Tensor, Tensor, Tensor),
    backend: Backend, pool: MemoryPool
  ) {
    withScratch(backend, pool) { scratch in
      for head in part.lowerBound * heads.groupSize..<part.upperBound * heads.groupSize {
        withItems(head: head, output: output, gradient: gradient, slopes: slopes) { items in
          backend.kernels.functions.attention_backward(
            items.baseAddress, Int64(items.count), Int64(heads.headWidth), heads.scale, Int64(mostKeys),
            scratch)
        }
      }
    }
  }

  func map(head: Int, backend: Backend, pool: MemoryPool) -> Tensor {
    let result = Tensor(uninitialized: [items[0].queries.count, mostKeys], pool: pool)
    withScratch(backend, pool) { scratch in
      withItems(head: head, output: query) { items in
        backend.kernels.functions.attention_map(
          items.baseAddress, Int64(heads.headWidth), heads.scale, Int64(mostKeys), scratch,
          result.floatPointer)
      }
    }
    return result
  }

  private func withScratch(
    _ backend: Backend, _ pool: MemoryPool, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let count = backend.kernels.functions.attention_scratch(Int64(heads.headWidth), Int64(mostKeys))
    let scratch = Tensor(uninitialized: [Int(count)], pool: pool)
    withExtendedLifetime(scratch) { body(scratch.floatPointer) }
  }

  private func withItems(
    head: Int, output: Tensor, gradient: Tensor? = nil, slopes: (Tensor, Tensor, Tensor)? = nil,
    _ body: (UnsafeBufferPointer<GMAttention>) -> Void
  ) {
    let queryStride = heads.queryHeads * heads.headWidth
    let keyStride = heads.keyValueHeads * heads.headWidth
    let queryColumn = head * heads.headWidth
    let keyColumn = head / heads.groupSize * heads.headWidth
    var spans: [GMSpan] = []
    for span in items.lazy.flatMap(\.spans) {
      switch span {
      case .rows(let range):
        let start = range.lowerBound * keyStride + keyColumn
        spans.append(
          GMSpan(
            key: key.floatPointer + start, value: value.floatPointer + start, key_scales: nil,
            value_scales: nil, key_gradient: slopes.map { $0.1.floatPointer + start },
            value_gradient: slopes.map { $0.2.floatPointer + start }, rows: Int64(range.count),
            stride: Int64(keyStride), scale_stride: 0, format: GM_SPAN_FLOATS))
      case .kept(let rows):
        precondition(slopes == nil, "no gradient flows into kept rows")
        spans.append(rows.span(keyValueHead: head / heads.groupSize))
      }
    }
    spans.withUnsafeBufferPointer { spans in
      var next = 0
      let list = items.map { item in
        let start = item.queries.lowerBound * queryStride + queryColumn
        defer { next += item.spans.count }
        return GMAttention(
          query: query.floatPointer + start, output: output.floatPointer + start,
          output_gradient: gradient.map { UnsafePointer($0.floatPointer + start) },
          query_gradient: slopes.map { $0.0.floatPointer + start }, rows: Int64(item.queries.count),
          stride: Int64(queryStride), spans: spans.baseAddress.map { $0 + next },
          span_count: Int32(item.spans.count),
          causal: item.isCausal ? 1 : 0, rounds: rounds ? 1 : 0, window: Int64(item.window ?? 0))
      }
      list.withUnsafeBufferPointer(body)
    }
  }
}
