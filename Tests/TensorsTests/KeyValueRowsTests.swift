import Comparing
import Testing

@testable import Tensors

/// Keys and values that are kept in float32, float16 and bytes.
@Suite struct KeyValueRowsTests {
  /// What a row's values have become: a query that sees nothing else returns them.
  private func stored(
    _ values: [Float], _ heads: AttentionHeads, _ format: KeyValueFormat, _ backend: Backend
  )
    -> [Float]
  {
    let width = heads.keyValueHeads * heads.headWidth
    let tensor = Tensor(values, shape: [values.count / width, width])
    var result: [Float] = []
    let query = Value(constant: Tensor.zeros([1, heads.queryHeads * heads.headWidth]))
    for row in 0..<tensor.rows {
      var rows = KeyValueRows(heads, format: format, store: KeyValueStore())
      rows.append(key: tensor.rows(row..<row + 1), value: tensor.rows(row..<row + 1), backend: backend)
      result +=
        Tape(backend: backend).attention(
          query: query, key: query, value: query, heads: heads,
          items: [AttentionItem(queries: 0..<1, spans: [.kept(rows)], isCausal: true)]
        ).tensor.floats()
    }
    return result
  }

  @Test func halvesAreRoundedAsIEEEDemands() {
    let heads = AttentionHeads(queryHeads: 1, keyValueHeads: 1, headWidth: 24)
    var generator = SeededGenerator(state: 7)
    var values: [Float] = [
      0, -0.0, 1, -1, 65504, -65504, 65519, 0x1p-14, 0x1p-24, -0x1p-24, 0x1.8p-24, 0x1p-25, 0x1.8p-25,
      0x1p-26,
      0x1.ffcp-15, 0x1.ffep-15, 0x1.002p0, 0x1.006p0, 0x1.001p0, 0x1.003p0, 3e-8, 6e-8, 1e-30, 0.1,
    ]
    for exponent in -26..<16 {
      values += (0..<24).map { _ in
        Float.random(in: 1...2, using: &generator)
          * (exponent < 0 ? 1 / Float(1 << -exponent) : Float(1 << exponent))
          * (Bool.random(using: &generator) ? 1 : -1)
      }
    }
    values = values.map { min(max($0, -65504), 65504) }
    for backend in OperationTests.backends {
      #expect(
        stored(values, heads, .float16, backend) == values.map { HalfPrecision.rounded($0) },
        "\(backend.summary)")
    }
    // What does not fit becomes the largest number, so that no row turns into infinities.
    let large = [Float](repeating: 1e9, count: 12) + [Float](repeating: -.infinity, count: 12)
    #expect(
      stored(large, heads, .float16, Backend())
        == [Float](repeating: 65504, count: 12) + [Float](repeating: -65504, count: 12))
  }

  @Test(arguments: [8, 12, 32, 80, 128]) func bytesAreWithinHalfAStepOfEachHead(width: Int) {
    let heads = AttentionHeads(queryHeads: 3, keyValueHeads: 3, headWidth: width)
    var generator = SeededGenerator(state: UInt64(width))
    var values = (0..<7 * 3 * width).map { _ in Float.random(in: -4...4, using: &generator) }
    // A head of zeros, and one whose numbers are tiny.
    for index in 0..<width { (values[index], values[width + index]) = (0, values[width + index] * 1e-20) }
    for backend in OperationTests.backends {
      let result = stored(values, heads, .int8, backend)
      for head in stride(from: 0, to: values.count, by: width) {
        let (given, kept) = (Array(values[head..<head + width]), Array(result[head..<head + width]))
        let step = given.reduce(0) { max($0, abs($1)) } / 127
        #expect(worstDifference(kept, given) <= step * 0.5001, "\(backend.summary)")
      }
    }
  }

  struct Layout: Sendable {
    let lengths: [Int]
    let queries: Int
    let headWidth: Int
    var window: Int?
  }

  static let layouts = [
    Layout(lengths: [1], queries: 1, headWidth: 12), Layout(lengths: [70, 5, 31], queries: 1, headWidth: 64),
    Layout(lengths: [33, 40], queries: 5, headWidth: 80), Layout(lengths: [100], queries: 100, headWidth: 32),
    Layout(lengths: [150], queries: 60, headWidth: 128),
    Layout(lengths: [90, 10], queries: 2, headWidth: 8, window: 33),
  ]

  /// Attention over kept rows is that over the numbers that the rows have become, whatever their number and that of the
  /// queries.
  @Test(arguments: layouts, KeyValueFormat.allCases) func attentionReadsWhatIsKept(
    _ layout: Layout, _ format: KeyValueFormat
  ) {
    let heads = AttentionHeads(queryHeads: 4, keyValueHeads: 2, headWidth: layout.headWidth)
    // Values are stored for each query head.
    let alone = AttentionHeads(queryHeads: 2, keyValueHeads: 2, headWidth: layout.headWidth)
    var generator = SeededGenerator(state: UInt64(layout.headWidth + layout.queries))
    func tensor(_ rows: Int, _ heads: Int) -> Tensor {
      let count = rows * heads * layout.headWidth
      return Tensor(
        (0..<count).map { _ in Float.random(in: -2...2, using: &generator) }, shape: [rows, count / rows])
    }
    let query = Value(constant: tensor(layout.queries, 4))
    let parts = layout.lengths.map { (key: tensor($0, 2), value: tensor($0, 2)) }
    for backend in OperationTests.backends {
      func attended(_ spans: [KeySpan], _ precision: WeightPrecision) -> [Float] {
        let tape = Tape(backend: backend)
        return tape.attention(
          query: query, key: query, value: query, heads: heads,
          items: [
            AttentionItem(queries: 0..<layout.queries, spans: spans, isCausal: true, window: layout.window)
          ],
          precision: precision
        ).tensor.floats()
      }
      func spans(_ format: KeyValueFormat, _ change: (Tensor) -> Tensor) -> [KeySpan] {
        parts.map { part in
          var rows = KeyValueRows(heads, format: format, store: KeyValueStore())
          // In two goes, so that the second one begins within a page.
          for range in [0..<part.key.rows / 2, part.key.rows / 2..<part.key.rows] {
            rows.append(
              key: change(part.key.rows(range)), value: change(part.value.rows(range)), backend: backend)
          }
          return .kept(rows)
        }
      }
      let narrow = spans(format) { $0 }
      let widened = spans(.float32) {
        $0.count == 0 ? $0 : Tensor(stored($0.floats(), alone, format, backend), shape: $0.shape)
      }
      let (result, expected) = (attended(narrow, .float32), attended(widened, .float32))
      #expect(worstDifference(result, expected) <= 2e-6, "\(backend.summary)")
      let rounded = (attended(narrow, .bfloat16), attended(widened, .bfloat16))
      #expect(worstDifference(rounded.0, rounded.1) <= 2e-6, "\(backend.summary)")
    }
  }
}

/// IEEE 754's half precision by its definition, without the type that some platforms lack.
private enum HalfPrecision {
  static func rounded(_ x: Float) -> Float {
    guard x != 0 else { return x }
    let exponent = max(Int(x.magnitude.exponent), -14)
    let lastPlace = Float(sign: .plus, exponent: exponent - 10, significand: 1)
    return (x / lastPlace).rounded(.toNearestOrEven) * lastPlace
  }
}
