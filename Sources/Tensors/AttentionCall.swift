internal import CKernels

/// An attention operation as the kernels read it: pointers into packed tensors, for all heads at once.
///
/// Safe to share between the threads of one loop: they read it and write different parts of the results.
struct AttentionCall: @unchecked Sendable {
  /// What the backward pass reads and adds to.
  struct Gradients {
    let output, query, key, value: Tensor
  }

  private let call: GMAttentionCall
  /// The items and spans that the call points at, and what these point at.
  private let table: Storage
  private let operands: (query: Tensor, key: Tensor, value: Tensor, output: Tensor)
  private let gradients: Gradients?
  private let items: [AttentionItem]

  /// - Parameter rounds: Whether the forward pass may round to bfloat16.
  init(
    query: Tensor, key: Tensor, value: Tensor, output: Tensor, gradients: Gradients? = nil,
    heads: AttentionHeads, items: [AttentionItem], rounds: Bool, backend: Backend, pool: MemoryPool
  ) {
    let spanCount = items.reduce(0) { $0 + $1.spans.reduce(0) { $0 + $1.pieces } }
    let itemBytes = items.count * MemoryLayout<GMAttention>.stride
    let spanBytes = spanCount * MemoryLayout<GMSpan>.stride
    let aheadCount = items.reduce(0) { $0 + ($1.ahead?.count ?? 0) }
    table = Storage.of(
      bytes: itemBytes + spanBytes + aheadCount * MemoryLayout<Int32>.stride, pool: pool)
    operands = (query, key, value, output)
    self.gradients = gradients
    self.items = items
    let list = table.address.bindMemory(to: GMAttention.self, capacity: items.count)
    var span = (table.address + itemBytes).bindMemory(to: GMSpan.self, capacity: spanCount)
    var nextAhead = (table.address + itemBytes + spanBytes)
      .bindMemory(to: Int32.self, capacity: aheadCount)
    let (queryWidth, keyWidth) = (
      heads.queryHeads * heads.headWidth, heads.keyValueHeads * heads.headWidth
    )
    var (units, mostKeys) = (0, 0)
    for (index, item) in items.enumerated() {
      let (start, firstSpan) = (item.queries.lowerBound * queryWidth, span)
      for keys in item.spans {
        switch keys {
        case .rows(let range):
          let place = range.lowerBound * keyWidth
          span.initialize(
            to: GMSpan(
              key: key.floatPointer + place, value: value.floatPointer + place, key_scales: nil,
              value_scales: nil, key_gradient: gradients.map { $0.key.floatPointer + place },
              value_gradient: gradients.map { $0.value.floatPointer + place }, rows: Int64(range.count),
              stride: Int64(keyWidth), head_stride: Int64(heads.headWidth), scale_stride: 0,
              format: GM_SPAN_FLOATS))
          span += 1
        case .kept(let rows):
          precondition(gradients == nil, "no gradient flows into kept rows")
          for page in 0..<rows.spanCount {
            span.initialize(to: rows.span(page))
            span += 1
          }
        }
      }
      var ahead: UnsafePointer<Int32>?
      if let counts = item.ahead {
        for (place, count) in counts.enumerated() { nextAhead[place] = count }
        ahead = UnsafePointer(nextAhead)
        nextAhead += counts.count
      }
      (list + index).initialize(
        to: GMAttention(
          query: query.floatPointer + start, output: output.floatPointer + start,
          output_gradient: gradients.map { UnsafePointer($0.output.floatPointer + start) },
          query_gradient: gradients.map { $0.query.floatPointer + start }, rows: Int64(item.queries.count),
          stride: Int64(queryWidth), spans: firstSpan, span_count: Int32(span - firstSpan),
          causal: item.isCausal ? 1 : 0, rounds: rounds ? 1 : 0, window: Int64(item.window ?? 0),
          ahead: ahead))
      units += Self.blocks(of: list + index, backend)
      mostKeys = max(mostKeys, item.keyCount)
    }
    call = GMAttentionCall(
      items: list, count: Int64(items.count), units: Int64(units),
      key_value_heads: Int64(heads.keyValueHeads),
      group: Int64(heads.groupSize), head_width: Int64(heads.headWidth), most_keys: Int64(mostKeys),
      scale: heads.scale)
  }

  private static func blocks(of item: UnsafePointer<GMAttention>, _ backend: Backend) -> Int {
    let block = Int(backend.kernels.functions.attention_block(item))
    return (Int(item.pointee.rows) + block - 1) / block
  }

  /// Units of work are shared out by what they cost, so that a long prompt beside many short items keeps all threads busy.
  func forward(threads: Int, _ backend: Backend, _ pool: MemoryPool) {
    let (units, heads) = (Int(call.units), Int(call.key_value_heads))
    guard threads > 1, units > 0 else { return forward(0..<units * heads, backend, pool) }
    let memory = Storage.of(bytes: (units + 1) * MemoryLayout<Int>.stride, pool: pool)
    let costs = Shared(memory.address.bindMemory(to: Int.self, capacity: units + 1))
    let cost = addCosts(to: costs.pointer, backend)
    backend.parallel(cost * heads, threads: threads) { part in
      func unit(at place: Int) -> Int {
        let (head, rest) = place.quotientAndRemainder(dividingBy: cost)
        var (low, high) = (0, units)
        while low < high {
          let middle = (low + high) / 2
          if costs.pointer[middle] < rest { low = middle + 1 } else { high = middle }
        }
        return head * units + low
      }
      forward(unit(at: part.lowerBound)..<unit(at: part.upperBound), backend, pool)
    }
    withExtendedLifetime(memory) {}
  }

  /// Writes what the units in front of each one cost together, for one key/value head, and then what all do.
  private func addCosts(to sums: UnsafeMutablePointer<Int>, _ backend: Backend) -> Int {
    var (sum, unit) = (0, 0)
    for (index, item) in items.enumerated() {
      let entry = call.items + index
      let (block, keys) = (Int(backend.kernels.functions.attention_block(entry)), item.keyCount)
      for first in stride(from: 0, to: item.queries.count, by: block) {
        sums[unit] = sum
        let end = min(first + block, item.queries.count)
        let reached = item.isCausal ? keys - (item.queries.count - end) : keys
        sum += 1 + (end - first) * (min(reached, item.window ?? reached) + Int(item.ahead?[first] ?? 0))
        unit += 1
      }
    }
    sums[unit] = sum
    return sum
  }

  private func forward(_ units: Range<Int>, _ backend: Backend, _ pool: MemoryPool) {
    guard !units.isEmpty else { return }
    withScratch(backend, pool) { call, scratch in
      backend.kernels.functions.attention(call, Int64(units.lowerBound), Int64(units.upperBound), scratch)
    }
  }

  /// Heads that share keys are done by one thread, so that no two add to the same key gradient.
  func backward(keyValueHeads part: Range<Int>, _ backend: Backend, _ pool: MemoryPool) {
    withScratch(backend, pool) { call, scratch in
      for head in part { backend.kernels.functions.attention_backward(call, Int64(head), scratch) }
    }
  }

  /// The softmax rows of the only item.
  func map(head: Int, backend: Backend, pool: MemoryPool) -> Tensor {
    let result = Tensor(uninitialized: [items[0].queries.count, items[0].keyCount], pool: pool)
    withScratch(backend, pool) { call, scratch in
      backend.kernels.functions.attention_map(call, Int64(head), scratch, result.floatPointer)
    }
    return result
  }

  private func withScratch(
    _ backend: Backend, _ pool: MemoryPool,
    _ body: (UnsafePointer<GMAttentionCall>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let count = backend.kernels.functions.attention_scratch(call.head_width, call.most_keys)
    let scratch = Storage.of(bytes: Int(count) * DType.float32.size, pool: pool)
    withExtendedLifetime((self, scratch)) {
      withUnsafePointer(to: call) { body($0, scratch.address.assumingMemoryBound(to: Float.self)) }
    }
  }
}
