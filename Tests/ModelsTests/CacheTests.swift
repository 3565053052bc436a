import ModelTesting
import Tensors
import Testing

@testable import Models

/// Sequences that go on from stored keys and values.
@Suite struct CacheTests {
  private let decoder: TransformerDecoder

  init() throws { decoder = try TinyModel.dense(seed: 31).decoder }

  private func prompt(_ count: Int) -> [RowRole] { [RowRole](repeating: .prompt, count: count) }

  private func run(_ rows: Tensor, _ cache: SequenceCache, isDecoding: Bool = false, _ backend: Backend)
    -> [Float]
  {
    var batch = PackedBatch()
    batch.append(roles: prompt(rows.rows), cache: cache, isDecoding: isDecoding)
    return LawRun(decoder, rows, batch, backend: backend).hidden.floats()
  }

  /// - Parameter prefill: How many rows come at once before the others come one by one.
  /// Where numbers are rounded, those that differ in their last places may be rounded apart.
  @Test(arguments: [1, 2, 23, 36], KeyValueFormat.allCases)
  func stepsGiveWhatOnePrefillGives(prefill: Int, format: KeyValueFormat) {
    let rows = TinyModel.rows(40, seed: 32)
    let bound: Float = format == .float32 ? 1e-5 : format == .float16 ? 2e-4 : 1e-2
    for backend in Backend.all {
      var whole = PackedBatch()
      if format == .float32 {
        whole.append(roles: prompt(40))
      } else {
        whole.append(
          roles: prompt(40), cache: SequenceCache(layers: TinyModel.layers, format: format), isDecoding: false
        )
      }
      let expected = LawRun(decoder, rows, whole, backend: backend)
      let cache = SequenceCache(layers: TinyModel.layers, format: format)
      #expect(
        worstDifference(run(rows.rows(0..<prefill), cache, backend), expected.rows(0..<prefill)) <= bound)
      for row in prefill..<40 {
        let step = run(rows.rows(row..<row + 1), cache, isDecoding: true, backend)
        #expect(worstDifference(step, expected.rows(row..<row + 1)) <= bound, "row \(row)")
        #expect(cache.totalLength == row + 1)
      }
      #expect((0..<TinyModel.layers).allSatisfy { cache.rows(inLayer: $0) == 40 })
      // Two key/value heads of 12 numbers, keys and values; bytes have a scale for each head.
      let head = [KeyValueFormat.float32: 12 * 4, .float16: 12 * 2, .int8: 12 + 4]
      #expect(cache.bytes == 40 * 2 * 2 * (head[format] ?? 0) * TinyModel.layers)
    }
  }

  @Test func questionsShareACachedPrefix() {
    let prefix = TinyModel.rows(25, seed: 33)
    let questions = [TinyModel.rows(6, seed: 34), TinyModel.rows(1, seed: 35), TinyModel.rows(9, seed: 36)]
    let next = questions.indices.map { TinyModel.rows(1, seed: 40 + UInt64($0)) }
    for backend in Backend.all {
      let parent = SequenceCache(layers: TinyModel.layers)
      _ = run(prefix, parent, backend)
      let caches = questions.map { _ in SequenceCache(layers: TinyModel.layers, continuing: parent) }
      var together = PackedBatch()
      for (question, cache) in zip(questions, caches) {
        together.append(roles: prompt(question.rows), cache: cache, isDecoding: false)
      }
      #expect(together.longestSequence == 34)
      let answers = LawRun(decoder, .stacked(questions), together, backend: backend)
      var step = PackedBatch()
      for cache in caches { step.append(roles: [.answer], cache: cache, isDecoding: true) }
      let steps = LawRun(decoder, .stacked(next), step, backend: backend)

      for (index, segment) in together.segments.enumerated() {
        let own = SequenceCache(layers: TinyModel.layers)
        let expected = run(.stacked([prefix, questions[index], next[index]]), own, backend)
        let count = segment.rows.count * TinyModel.width
        let start = prefix.count
        #expect(
          worstDifference(answers.rows(segment.rows), Array(expected[start..<start + count])) <= 1e-5)
        #expect(
          worstDifference(steps.rows(index..<index + 1), Array(expected.suffix(TinyModel.width))) <= 1e-5)
        #expect(caches[index].length == questions[index].rows + 1)
        #expect(caches[index].rows(inLayer: 2) == own.rows(inLayer: 2))
      }
      #expect(parent.length == 25 && parent.rows(inLayer: 0) == 25)
    }
  }

  /// A picture and its first question in one batch, each with its cache.
  @Test func prefixAndQuestionMayComeInOneBatch() {
    let (prefix, question) = (TinyModel.rows(12, seed: 45), TinyModel.rows(5, seed: 46))
    let parent = SequenceCache(layers: TinyModel.layers)
    let child = SequenceCache(layers: TinyModel.layers, continuing: parent)
    var batch = PackedBatch()
    batch.append(roles: prompt(5), cache: child, isDecoding: false)
    batch.append(roles: prompt(12), cache: parent, isDecoding: false)
    #expect(batch.longestSequence == 17)
    let hidden = LawRun(decoder, .stacked([question, prefix]), batch)
    let expected = run(
      .stacked([prefix, question]), SequenceCache(layers: TinyModel.layers), Backend())
    #expect(worstDifference(hidden.rows(5..<17) + hidden.rows(0..<5), expected) <= 1e-5)
    #expect(child.totalLength == 17 && child.length == 5 && child.rows(inLayer: 1) == 17)
  }

  @Test func sequencesOfDifferentLengthsDecodeTogetherAsAlone() {
    let lengths = [1, 3, 40, 17, 64]
    for backend in Backend.all {
      let together = lengths.map { _ in SequenceCache(layers: TinyModel.layers) }
      let alone = lengths.map { _ in SequenceCache(layers: TinyModel.layers) }
      for (index, length) in lengths.enumerated() {
        let rows = TinyModel.rows(length, seed: 50 + UInt64(index))
        _ = run(rows, together[index], backend)
        _ = run(rows, alone[index], backend)
      }
      for step in 0..<6 {
        let rows = TinyModel.rows(lengths.count, seed: 60 + UInt64(step))
        var batch = PackedBatch()
        for cache in together { batch.append(roles: [.answer], cache: cache, isDecoding: true) }
        let hidden = LawRun(decoder, rows, batch, backend: backend)
        for index in lengths.indices {
          let single = run(rows.rows(index..<index + 1), alone[index], isDecoding: true, backend)
          #expect(worstDifference(hidden.rows(index..<index + 1), single) <= 1e-5, "step \(step)")
        }
      }
      #expect(together.map(\.totalLength) == lengths.map { $0 + 6 })
    }
  }
}
