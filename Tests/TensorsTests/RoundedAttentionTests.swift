import Testing

@testable import Tensors

@Suite struct RoundedAttentionTests {
  struct Layout: Sendable {
    let lengths: [Int]
    let prefix: Int
    let headWidth: Int
    var isCausal = true
    var window: Int?
  }

  static let layouts = [
    Layout(lengths: [8], prefix: 0, headWidth: 32), Layout(lengths: [70, 5, 90], prefix: 61, headWidth: 64),
    Layout(lengths: [33, 200], prefix: 3, headWidth: 80), Layout(lengths: [64], prefix: 64, headWidth: 128),
    Layout(lengths: [130], prefix: 0, headWidth: 72, isCausal: false),
    Layout(lengths: [150, 40], prefix: 20, headWidth: 8, window: 33),
  ]

  @Test(arguments: layouts) func roundingChangesLittle(_ layout: Layout) {
    var generator = SeededGenerator(state: UInt64(layout.headWidth + layout.lengths[0]))
    let heads = AttentionHeads(queryHeads: 4, keyValueHeads: 2, headWidth: layout.headWidth)
    func tensor(_ rows: Int, _ heads: Int) -> Tensor {
      let count = rows * heads * layout.headWidth
      return Tensor(
        (0..<count).map { _ in Float.random(in: -2...2, using: &generator) }, shape: [rows, count / rows])
    }
    let rows = layout.lengths.reduce(0, +)
    let query = Value(constant: tensor(rows, 4))
    let (key, value) = (Value(constant: tensor(rows, 2)), Value(constant: tensor(rows, 2)))
    var kept = KeyValueRows(heads, format: .float32, store: KeyValueStore())
    if layout.prefix > 0 {
      kept.append(key: tensor(layout.prefix, 2), value: tensor(layout.prefix, 2), backend: Backend())
    }
    var items: [AttentionItem] = []
    for length in layout.lengths {
      let start = items.last?.queries.upperBound ?? 0
      items.append(
        AttentionItem(
          queries: start..<start + length,
          spans: [.kept(kept), .rows(start..<start + length)],
          isCausal: layout.isCausal, window: layout.window))
    }
    for backend in OperationTests.backends {
      let tape = Tape(backend: backend)
      func attended(_ precision: WeightPrecision) -> [Float] {
        tape.attention(query: query, key: key, value: value, heads: heads, items: items, precision: precision)
          .tensor.floats()
      }
      let (exact, rounded) = (attended(.float32), attended(.bfloat16))
      let error = zip(exact, rounded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      #expect(error < 1e-4 * exact.reduce(0) { $0 + $1 * $1 }, "\(backend.summary)")
      // What the rest of the batch holds does not matter.
      let alone = tape.attention(
        query: query, key: key, value: value, heads: heads, items: [items[0]], precision: .bfloat16)
      let first = items[0].queries.count * 4 * layout.headWidth
      #expect(Array(alone.tensor.floats().prefix(first)) == Array(rounded.prefix(first)))
    }
  }
}
