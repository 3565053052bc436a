import Comparing
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

  /// A prompt that has a picture in its middle, read whole or cut anywhere but in the picture, and continued row by row.
  @Test(arguments: [TinyModel.Kind.gemma3, .lfm2], KeyValueFormat.allCases)
  func otherLayersGoOnFromWhatTheyKeep(_ kind: TinyModel.Kind, _ format: KeyValueFormat) throws {
    let decoder = try TinyModel.dense(seed: 31, kind: kind).decoder
    let rows = TinyModel.rows(30, seed: 32)
    let roles = (0..<30).map { (8..<17).contains($0) ? RowRole.image : .prompt }
    let bound: Float = format == .float32 ? 1e-5 : format == .float16 ? 5e-4 : 3e-2
    func read(_ range: Range<Int>, _ cache: SequenceCache) -> [Float] {
      var batch = PackedBatch()
      batch.append(roles: Array(roles[range]), cache: cache, isDecoding: false)
      return LawRun(decoder, rows.rows(range), batch).hidden.floats()
    }
    func cache() -> SequenceCache { SequenceCache(layers: TinyModel.layers, format: format) }
    let (whole, source) = (cache(), cache())
    let expected = read(0..<30, whole)
    #expect(whole.bytes == 30 * decoder.configuration.keptHeads.reduce(0) { $0 + format.bytesPerRow($1) })
    _ = read(0..<20, source)
    for start in [1, 2, 7, 8, 12, 17, 19] {
      // Copies of what was read further, and taken back; the source is not touched.
      let copy = source.copy(upTo: start)
      var parts: [Float] = []
      for end in [17, 18, 30] where end > (parts.count / TinyModel.width + start) {
        parts += read(start + parts.count / TinyModel.width..<end, copy)
      }
      #expect(
        worstDifference(parts, Array(expected.suffix(parts.count))) <= bound, "from \(start) on")
    }
    let steps = source.copy(upTo: 18)
    let stepped = (18..<30).flatMap { read($0..<$0 + 1, steps) }
    #expect(worstDifference(stepped, Array(expected.suffix(stepped.count))) <= bound)
    #expect(worstDifference(read(20..<30, source), Array(expected.suffix(10 * TinyModel.width))) <= bound)
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
        #expect(cache.length == row + 1)
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
      let caches = questions.map { _ in parent.copy(upTo: prefix.rows) }
      var together = PackedBatch()
      for (question, cache) in zip(questions, caches) {
        together.append(roles: prompt(question.rows), cache: cache, isDecoding: false)
      }
      let answers = LawRun(decoder, .stacked(questions), together, backend: backend)
      var step = PackedBatch()
      for cache in caches { step.append(roles: [.answer], cache: cache, isDecoding: true) }
      let steps = LawRun(decoder, .stacked(next), step, backend: backend)

      for (index, slice) in together.slices.enumerated() {
        let own = SequenceCache(layers: TinyModel.layers)
        let expected = run(.stacked([prefix, questions[index], next[index]]), own, backend)
        let count = slice.rows.count * TinyModel.width
        let start = prefix.count
        #expect(
          worstDifference(answers.rows(slice.rows), Array(expected[start..<start + count])) <= 1e-5)
        #expect(
          worstDifference(steps.rows(index..<index + 1), Array(expected.suffix(TinyModel.width))) <= 1e-5)
        #expect(caches[index].length == prefix.rows + questions[index].rows + 1)
        #expect(caches[index].rows(inLayer: 2) == own.rows(inLayer: 2))
      }
      #expect(parent.length == 25 && parent.rows(inLayer: 0) == 25)
    }
  }

  /// Copies and what they were made of go on each by itself, also from the middle of what they share.
  @Test(arguments: KeyValueFormat.allCases) func copiesGoOnByThemselves(_ format: KeyValueFormat) {
    let rows = TinyModel.rows(150, seed: 45)
    for length in [1, 63, 64, 65, 100, 130] {
      let first = SequenceCache(layers: TinyModel.layers, format: format)
      _ = run(rows.rows(0..<130), first, Backend())
      let copies = [first.copy(upTo: length), first.copy(upTo: length)]
      let continued = [
        run(rows.rows(130..<140), copies[0], Backend()), run(rows.rows(140..<150), copies[1], Backend()),
      ]
      let next = run(rows.rows(130..<150), first, Backend())
      func alone(_ parts: Range<Int>...) -> [Float] {
        let cache = SequenceCache(layers: TinyModel.layers, format: format)
        return parts.reduce([]) { run(rows.rows($1), cache, Backend()) }
      }
      let bound: Float = format == .float32 ? 1e-5 : format == .float16 ? 2e-4 : 1e-2
      #expect(worstDifference(continued[0], alone(0..<length, 130..<140)) <= bound)
      #expect(worstDifference(continued[1], alone(0..<length, 140..<150)) <= bound)
      #expect(worstDifference(next, alone(0..<130, 130..<150)) <= bound)
      #expect(first.length == 150 && copies.allSatisfy { $0.length == length + 10 })
      first.truncate(to: length)
      #expect(worstDifference(run(rows.rows(130..<140), first, Backend()), continued[0]) <= bound)
    }
  }

  /// A pass that is stopped leaves the caches as they were.
  @Test func aStoppedPassLeavesNothing() {
    let cache = SequenceCache(layers: TinyModel.layers)
    let rows = TinyModel.rows(30, seed: 46)
    _ = run(rows.rows(0..<20), cache, Backend())
    for stop in 0..<TinyModel.layers {
      var batch = PackedBatch()
      batch.append(roles: prompt(10), cache: cache, isDecoding: false)
      var layers = 0
      let pass = DecoderPass(batch, tape: Tape(backend: Backend())) {
        layers += 1
        return layers > stop
      }
      _ = decoder.forward(Value(constant: rows.rows(20..<30)), pass)
      #expect(pass.wasStopped)
      #expect(cache.length == 20 && (0..<TinyModel.layers).allSatisfy { cache.rows(inLayer: $0) == 20 })
    }
    let whole = run(rows, SequenceCache(layers: TinyModel.layers), Backend())
    #expect(
      worstDifference(run(rows.rows(20..<30), cache, Backend()), Array(whole.suffix(10 * TinyModel.width)))
        <= 1e-5)
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
      #expect(together.map(\.length) == lengths.map { $0 + 6 })
    }
  }
}
