import Foundation
import Testing

@testable import Tensors

/// Attention of many items over kept rows that some of them share.
@Suite struct SharedKeysTests {
  private static let heads = AttentionHeads(queryHeads: 6, keyValueHeads: 2, headWidth: 20)

  /// Sequences that read a prefix of 150 rows, some of them alike for longer, and then rows of their own, and one that
  /// shares nothing; decoding ones among them.
  private struct Batch {
    let query, key, value: Tensor
    let items: [AttentionItem]
    /// The numbers of each item's keys and values.
    let keys, values: [[Float]]

    init(_ format: KeyValueFormat, window: Int?) {
      var generator = SeededGenerator(state: 11)
      func tensor(_ rows: Int, _ heads: Int) -> Tensor {
        let values = (0..<rows * heads * 20).map { _ in Float.random(in: -1...1, using: &generator) }
        return Tensor(values, shape: [rows, heads * 20])
      }
      let (store, backend) = (KeyValueStore(), Backend(kernels: "portable"))
      func extended(_ rows: (KeyValueRows, [Float], [Float]), by count: Int) -> (
        KeyValueRows, [Float], [Float]
      ) {
        var (kept, keys, values) = rows
        let (key, value) = (tensor(count, 2), tensor(count, 2))
        kept.append(key: key, value: value, backend: backend)
        keys += key.floats()
        values += value.floats()
        return (kept, keys, values)
      }
      let none = (KeyValueRows(heads, format: format, store: store), [Float](), [Float]())
      let prefix = extended(none, by: 150)
      let longer = extended(prefix, by: 60)
      let starts = [prefix, prefix, longer, extended(longer, by: 7), longer, extended(none, by: 90), prefix]
      let counts = [40, 5, 3, 1, 100, 64, 2]
      let total = counts.reduce(0, +)
      (query, key, value) = (tensor(total, 6), tensor(total, 2), tensor(total, 2))
      var (first, items, keys, values) = (0, [AttentionItem](), [[Float]](), [[Float]]())
      for (start, count) in zip(starts, counts) {
        let rows = first..<first + count
        items.append(
          AttentionItem(queries: rows, spans: [.kept(start.0), .rows(rows)], isCausal: true, window: window))
        keys.append(start.1 + key.rows(rows).floats())
        values.append(start.2 + value.rows(rows).floats())
        first += count
      }
      (self.items, self.keys, self.values) = (items, keys, values)
    }

    func attended(_ backend: Backend, _ precision: WeightPrecision = .float32, only item: Int? = nil)
      -> [Float]
    {
      Tape(backend: backend).attention(
        query: Value(constant: query), key: Value(constant: key), value: Value(constant: value), heads: heads,
        items: item.map { [items[$0]] } ?? items, precision: precision
      ).tensor.floats()
    }

    func expected(window: Int?) -> [Double] {
      let queries = query.floats()
      var result = [Double](repeating: 0, count: queries.count)
      for (index, item) in items.enumerated() {
        let count = keys[index].count / 40
        for row in item.queries {
          let end = count - (item.queries.upperBound - 1 - row)
          let seen = max(0, end - (window ?? end))..<end
          for head in 0..<6 {
            let (place, column) = (row * 120 + head * 20, head / 3 * 20)
            let line = Array(queries[place..<place + 20])
            let weights = seen.map { exp(dot(line, keys[index], $0 * 40 + column) / 20.0.squareRoot()) }
            let sum = weights.reduce(0, +)
            for (key, weight) in zip(seen, weights) {
              for i in 0..<20 {
                result[place + i] += weight / sum * Double(values[index][key * 40 + column + i])
              }
            }
          }
        }
      }
      return result
    }

    private func dot(_ line: [Float], _ numbers: [Float], _ start: Int) -> Double {
      line.indices.reduce(0) { $0 + Double(line[$1]) * Double(numbers[start + $1]) }
    }
  }

  @Test(arguments: KeyValueFormat.allCases, [nil, 33]) func everyItemSeesItsOwnKeys(
    _ format: KeyValueFormat, _ window: Int?
  ) {
    let batch = Batch(format, window: window)
    let expected = batch.expected(window: window)
    let tolerance = format == .float32 ? 1e-5 : format == .float16 ? 1e-3 : 2e-2
    for backend in OperationTests.backends {
      let (exact, rounded) = (batch.attended(backend), batch.attended(backend, .bfloat16))
      for (index, value) in expected.enumerated() {
        guard abs(Double(exact[index]) - value) <= tolerance,
          abs(Double(rounded[index]) - value) <= max(tolerance, 2e-2)
        else {
          Issue.record("\(exact[index]), rounded \(rounded[index]), for \(value), \(backend.summary)")
          break
        }
      }
    }
  }

  @Test(arguments: [WeightPrecision.float32, .bfloat16]) func neitherThreadsNorNeighboursChangeABit(
    _ precision: WeightPrecision
  ) {
    let batch = Batch(.int8, window: nil)
    for kernels in Backend.kernelVariants {
      let alone = Backend(kernels: kernels)
      let all = batch.attended(alone, precision)
      for threads in [2, 3, 7] {
        // So little work is not worth a thread to the operation, so the call is made by hand.
        let (backend, output) = (Backend(kernels: kernels, threads: threads), Tensor.zeros([215, 120]))
        let pool = MemoryPool()
        AttentionCall(
          query: batch.query, key: batch.key, value: batch.value, output: output, heads: Self.heads,
          items: batch.items, rounds: precision != .float32, backend: backend, pool: pool
        ).forward(threads: threads, backend, pool)
        #expect(output.floats() == all, "\(backend.summary)")
      }
      for (index, item) in batch.items.enumerated() {
        let range = item.queries.lowerBound * 120..<item.queries.upperBound * 120
        #expect(
          batch.attended(alone, precision, only: index)[range] == all[range], "item \(index), \(kernels)")
      }
    }
  }
}
