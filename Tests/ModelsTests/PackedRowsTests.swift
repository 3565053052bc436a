import Comparing
import ModelTesting
import Tensors
import Testing

@testable import Models

/// What must hold for rows of several sequences in one batch, whatever the weights.
@Suite struct PackedRowsTests {
  private let model: VisionLanguageModel
  private var decoder: TransformerDecoder { model.decoder }

  init() throws { model = try TinyModel.dense(seed: 11) }

  private func prompt(_ count: Int) -> [RowRole] { [RowRole](repeating: .prompt, count: count) }

  @Test(arguments: TinyModel.Kind.allCases)
  func sequenceDoesNotDependOnItsBatch(_ kind: TinyModel.Kind) throws {
    let decoder = try TinyModel.dense(seed: 11, kind: kind).decoder
    let lengths = [1, 7, 33, 64, 2]
    let parts = lengths.enumerated().map { TinyModel.rows($1, seed: UInt64($0)) }
    var batch = PackedBatch()
    for length in lengths { batch.append(roles: prompt(length)) }
    let weights = (0..<batch.rowCount).map { Float($0 % 3) }
    for backend in Backend.all {
      let packed = LawRun(
        training: decoder, .stacked(parts), batch, weights: weights, backend: backend)
      let alone = zip(parts, batch.slices).map { part, slice in
        var single = PackedBatch()
        single.append(roles: prompt(part.rows))
        return LawRun(
          training: decoder, part, single, weights: Array(weights[slice.rows]), backend: backend)
      }
      for (run, slice) in zip(alone, batch.slices) {
        #expect(worstDifference(packed.rows(slice.rows), run.hidden.floats()) <= 1e-5)
      }
      #expect(LawRun.worstDifference(packed.gradients, LawRun.sum(alone)) <= 1e-4)
      #expect(packed.gradients.count == decoder.layers.flatMap(\.parameters).count)
    }
  }

  @Test func rowsDoNotSeeLaterRows() {
    let rows = TinyModel.rows(20, seed: 3)
    var whole = PackedBatch()
    whole.append(roles: prompt(20))
    let expected = LawRun(decoder, rows, whole)
    for length in [1, 2, 19] {
      var start = PackedBatch()
      start.append(roles: prompt(length))
      let run = LawRun(decoder, rows.rows(0..<length), start)
      #expect(worstDifference(run.hidden.floats(), expected.rows(0..<length)) <= 1e-5)
    }
    // But they do see the rows before them.
    let changed = Tensor.stacked([TinyModel.rows(1, seed: 4), rows.rows(1..<20)])
    let run = LawRun(decoder, changed, whole)
    #expect(worstDifference(run.rows(19..<20), expected.rows(19..<20)) > 1e-2)
  }

  @Test(arguments: TinyModel.Kind.allCases)
  func sharedPrefixGivesWhatRepeatedPrefixesGive(_ kind: TinyModel.Kind) throws {
    let decoder = try TinyModel.dense(seed: 11, kind: kind).decoder
    let prefix = TinyModel.rows(21, seed: 5)
    let questions = [TinyModel.rows(6, seed: 6), TinyModel.rows(1, seed: 7), TinyModel.rows(9, seed: 8)]
    var shared = PackedBatch()
    let parent = shared.append(roles: prompt(prefix.rows))
    for question in questions { shared.append(roles: prompt(question.rows), continuing: parent) }
    let weights = (0..<shared.rowCount).map { $0 < prefix.rows ? Float(0) : 1 }
    let run = LawRun(training: decoder, .stacked([prefix] + questions), shared, weights: weights)

    let whole = questions.map { question in
      var batch = PackedBatch()
      batch.append(roles: prompt(prefix.rows + question.rows))
      let weights = (0..<batch.rowCount).map { $0 < prefix.rows ? Float(0) : 1 }
      return LawRun(training: decoder, .stacked([prefix, question]), batch, weights: weights)
    }
    for (single, slice) in zip(whole, shared.slices.dropFirst()) {
      let own = prefix.rows..<prefix.rows + slice.rows.count
      #expect(worstDifference(run.rows(slice.rows), single.rows(own)) <= 1e-5)
    }
    #expect(LawRun.worstDifference(run.gradients, LawRun.sum(whole)) <= 1e-4)
    let gradient = try #require(run.inputGradient).rows(0..<prefix.rows).floats()
    let parts = try whole.map { try #require($0.inputGradient).rows(0..<prefix.rows).floats() }
    let sum = gradient.indices.map { index in parts.reduce(0) { $0 + $1[index] } }
    #expect(worstDifference(gradient, sum) <= 1e-4)
    #expect(sum.contains { abs($0) > 1e-2 })
  }

  @Test(arguments: TinyModel.Kind.allCases) func prefixesMayBeChained(_ kind: TinyModel.Kind) throws {
    let decoder = try TinyModel.dense(seed: 11, kind: kind).decoder
    let rows = TinyModel.rows(30, seed: 9)
    var whole = PackedBatch()
    whole.append(roles: prompt(30))
    var chained = PackedBatch()
    let first = chained.append(roles: prompt(11))
    // A sequence between the links belongs to none of them.
    chained.append(roles: prompt(4))
    let second = chained.append(roles: prompt(12), continuing: first)
    chained.append(roles: prompt(7), continuing: second)
    let stranger = TinyModel.rows(4, seed: 10)
    let run = LawRun(
      decoder, .stacked([rows.rows(0..<11), stranger, rows.rows(11..<30)]), chained)
    let expected = LawRun(decoder, rows, whole)
    #expect(worstDifference(run.rows(0..<11), expected.rows(0..<11)) <= 1e-5)
    #expect(worstDifference(run.rows(15..<34), expected.rows(11..<30)) <= 1e-5)
  }

  @Test func emptySequencesChangeNothing() {
    let rows = TinyModel.rows(8, seed: 12)
    var plain = PackedBatch()
    plain.append(roles: prompt(8))
    var padded = PackedBatch()
    padded.append(roles: [])
    let empty = padded.append(roles: [], cache: SequenceCache(layers: TinyModel.layers), isDecoding: false)
    padded.append(roles: prompt(5))
    padded.append(roles: prompt(3), continuing: padded.append(roles: [], continuing: 2))
    #expect(padded.slices[empty].rows.isEmpty)
    let run = LawRun(decoder, rows, padded)
    #expect(worstDifference(run.hidden.floats(), LawRun(decoder, rows, plain).hidden.floats()) <= 1e-5)
    #expect(LawRun(decoder, TinyModel.rows(0, seed: 0), PackedBatch()).hidden.rows == 0)
  }

  /// Rotary positions matter by their distances only, and a left-out place keeps its distance.
  @Test func placesCountEvenWithoutRows() {
    let rows = TinyModel.rows(9, seed: 13)
    func run(places: [Int], length: Int) -> LawRun {
      var batch = PackedBatch()
      let parent = batch.append(roles: prompt(5), places: places, length: length)
      batch.append(roles: prompt(4), continuing: parent)
      return LawRun(decoder, rows, batch)
    }
    let near = run(places: [0, 1, 2, 3, 4], length: 5).hidden.floats()
    let shifted = run(places: [40, 41, 42, 43, 44], length: 45).hidden.floats()
    let apart = run(places: [0, 1, 2, 3, 4], length: 45).rows(5..<9)
    #expect(worstDifference(near, shifted) <= 1e-4)
    #expect(worstDifference(apart, Array(near.suffix(apart.count))) > 1e-2)
  }

  @Test func twoThreadsGiveTheBitsOfOne() throws {
    let large = try TinyModel.dense(seed: 21, scale: 8)
    let width = TinyModel.width * 8
    let rows = TinyModel.rows(400, width: width, seed: 22)
    var batch = PackedBatch()
    batch.append(roles: prompt(300))
    batch.append(roles: prompt(100))
    let runs = [1, 2].map { threads in
      LawRun(
        training: large.decoder, rows, batch, weights: rows.floats().prefix(400).map(abs),
        backend: Backend(threads: threads))
    }
    #expect(runs[0].hidden.floats() == runs[1].hidden.floats())
    #expect(runs[0].gradients == runs[1].gradients)
    let single = [1, 2].map { threads in
      let tape = Tape(backend: Backend(threads: threads))
      return large.decoder.logits(Value(constant: rows.rows(0..<1)), tape).tensor.floats()
    }
    #expect(single[0] == single[1])
  }
}
