import Comparing
import ModelTesting
import Tensors
import Testing

@testable import MixtureOfDepths
@testable import Models

/// Image rows that are dropped by the last token's attention.
@Suite struct AttentionPruningTests {
  private let dense: VisionLanguageModel
  private let roles =
    [RowRole](repeating: .preamble, count: 3) + [RowRole](repeating: .image, count: 20)
    + [RowRole](repeating: .prompt, count: 5)

  init() throws { dense = try TinyModel.dense(seed: 81) }

  private func run(_ model: VisionLanguageModel, _ rows: Tensor, _ steps: [Range<Int>]) -> [[Float]] {
    let cache = SequenceCache(layers: TinyModel.layers)
    return steps.map { step in
      var batch = PackedBatch()
      batch.append(
        roles: step.lowerBound == 0 ? roles : [.answer], cache: cache, isDecoding: step.lowerBound > 0)
      return LawRun(model.decoder, rows.rows(step), batch).hidden.floats()
    }
  }

  @Test func droppingNothingIsDense() throws {
    let rows = TinyModel.rows(roles.count + 2, seed: 82)
    let steps = [0..<roles.count, roles.count..<roles.count + 1, roles.count + 1..<roles.count + 2]
    #expect(run(try dense.pruned(afterLayers: 2, skip: 0), rows, steps) == run(dense, rows, steps))
  }

  /// What stays is what a run without the dropped rows would compute, at the same positions.
  @Test func theLeastAttendedImageRowsAreGone() throws {
    let rows = TinyModel.rows(roles.count, seed: 83)
    var batch = PackedBatch()
    batch.append(roles: roles)
    let meter = LastRowAttention()
    let start = Tape(backend: Backend())
    let whole = dense.decoder.forward(Value(constant: rows), DecoderPass(batch, tape: start, observer: meter))
    #expect(whole.rows == roles.count)
    let images = roles.indices.filter { roles[$0] == .image }
    let order = images.sorted { meter.attention[1][$0] < meter.attention[1][$1] }
    let kept = roles.indices.filter { !order.prefix(8).contains($0) }

    let pruned = try dense.pruned(afterLayers: 2, skip: 0.4)
    let result = LawRun(pruned.decoder, rows, batch).hidden
    // Layers 0 and 1 see everything, the others a batch of the rows that are left.
    var hidden = Value(constant: rows)
    let tape = Tape(backend: Backend())
    let pass = DecoderPass(batch, tape: tape)
    for layer in dense.decoder.layers.prefix(2) { hidden = layer.forward(hidden, pass) }
    let middle = hidden
    hidden = tape.gather(hidden, rows: kept)
    for case let layer as DenseLayer in dense.decoder.layers.dropFirst(2) {
      hidden = layer.run(
        hidden, normed: layer.inputNorm(hidden, tape), plan: pass.plan(layer: layer.index, rows: kept),
        gate: nil, pass)
    }
    for (place, row) in kept.enumerated() {
      #expect(
        worstDifference(result.rows(row..<row + 1).floats(), hidden.tensor.rows(place..<place + 1).floats())
          < 1e-5)
    }
    for row in order.prefix(8) {
      #expect(result.rows(row..<row + 1).floats() == middle.tensor.rows(row..<row + 1).floats())
    }
  }

  @Test func onlyDenseModelsWithLayersBehindArePruned() throws {
    let routed = dense.routed(RoutingConfiguration(layers: [1]), router: TinyModel.router(seed: 84))
    #expect(throws: ModelError.self) { try routed.pruned(afterLayers: 2, skip: 0.5) }
    for (layers, skip) in [(0, 0.5), (TinyModel.layers, 0.5), (1, -0.1), (1, 1.1)] {
      #expect(throws: ModelError.self) { try dense.pruned(afterLayers: layers, skip: skip) }
    }
    #expect(try dense.pruned(afterLayers: 1, skip: 0.5).decoder.readsAhead)
    #expect(!routed.decoder.readsAhead)
  }
}

/// The mean over heads of what each layer's last row attends to.
private final class LastRowAttention: DecoderObserver {
  private(set) var attention: [[Float]] = []

  func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {}

  func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    let maps = AttentionMaps(query: query, key: key, heads: heads, item: items[0])
    var sums = [Float](repeating: 0, count: query.rows)
    for head in 0..<heads.queryHeads {
      let map = maps.map(head: head, backend: Backend(), pool: MemoryPool())
      let last = map.rows(map.rows - 1..<map.rows).floats()
      for place in sums.indices { sums[place] += last[place] }
    }
    attention.append(sums)
  }
}
