internal import Foundation
package import Models
internal import Tensors

extension VisionLanguageModel {
  /// The dense model with image rows dropped by the attention that they receive, as FastV does (arXiv 2403.06764), to
  /// compare routing with: behind the first layers, the image rows that the prompt's last token attends to least in the
  /// last of these layers are gone for all layers that follow. Rows that stay keep their positions.
  /// - Parameters:
  ///   - layers: How many layers see all rows.
  ///   - skip: The share of each prompt's image rows that is dropped.
  /// - Throws: `ModelError` if the model is routed or has too few layers.
  package func pruned(afterLayers layers: Int, skip: Double) throws -> VisionLanguageModel {
    guard routing == nil else {
      throw ModelError("the model routes rows already; drop rows of its dense original")
    }
    guard decoder.configuration.convolution == nil else {
      throw ModelError("layers with convolutions need all rows, so none can be dropped; take another model")
    }
    guard (1..<decoder.layers.count).contains(layers), (0...1).contains(skip) else {
      throw ModelError(
        "rows can be dropped behind 1 to \(decoder.layers.count - 1) layers and by a share of 0 to 1, not \(layers) and \(skip)"
      )
    }
    return replacingDecoder(
      decoder.replacingLayers { layer in
        guard let dense = layer as? DenseLayer, layer.index >= layers - 1 else { return layer }
        return layer.index == layers - 1
          ? AttentionRankingLayer(dense, skip: skip) : PrunedLayer(dense)
      })
  }
}

/// A dense layer that runs every row and then decides, by its last token's attention, which rows go on.
private struct AttentionRankingLayer: DecoderLayer {
  let base: DenseLayer
  let skip: Double

  init(_ base: DenseLayer, skip: Double) {
    self.base = base
    self.skip = skip
  }

  var index: Int { base.index }
  var parameters: [Parameter] { base.parameters }
  var readsAhead: Bool { true }

  func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    let attention = LastTokenAttention(passingOnTo: pass.observer, backend: pass.tape.backend)
    let result = base.forward(hidden, DecoderPass(pass.batch, tape: pass.tape, observer: attention))
    pass.rowsLeft = zip(pass.batch.slices, attention.scores).flatMap { slice, scores -> [Int] in
      let images = slice.rows.filter { pass.batch.roles[$0] == .image }
      let count = Int((skip * Double(images.count)).rounded(.down))
      guard count > 0, !slice.isDecoding else { return Array(slice.rows) }
      let first = slice.rows.lowerBound
      // Of equals the later rows go.
      let dropped = images.sorted { (scores[$0 - first], $1) < (scores[$1 - first], $0) }.prefix(count)
      let gone = Set(dropped)
      return slice.rows.filter { !gone.contains($0) }
    }
    return result
  }
}

/// A dense layer over the rows that an earlier layer has left.
private struct PrunedLayer: DecoderLayer {
  let base: DenseLayer

  init(_ base: DenseLayer) { self.base = base }

  var index: Int { base.index }
  var parameters: [Parameter] { base.parameters }
  var readsAhead: Bool { true }

  func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    guard let rows = pass.rowsLeft, rows.count < hidden.rows else { return base.forward(hidden, pass) }
    let tape = pass.tape
    let plan = pass.plan(layer: index, rows: rows)
    let kept = tape.gather(hidden, rows: rows)
    let changed = base.run(kept, normed: base.inputNorm(kept, tape), plan: plan, gate: nil, pass)
    return tape.replace(hidden, rows: rows, with: changed)
  }
}

/// What each slice's last row attends to.
private final class LastTokenAttention: DecoderObserver {
  /// For each slice the attention to each of its rows, in the mean over heads.
  private(set) var scores: [[Float]] = []
  private let next: (any DecoderObserver)?
  private let backend: Backend

  init(passingOnTo next: (any DecoderObserver)?, backend: Backend) {
    self.next = next
    self.backend = backend
  }

  func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor) {}

  func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    next?.layer(index, attends: query, key: key, heads: heads, items: items, of: plan)
    let pool = MemoryPool()
    scores = items.map { item in
      let last = AttentionItem(
        queries: item.queries.upperBound - 1..<item.queries.upperBound, spans: item.spans,
        isCausal: item.isCausal, window: item.window)
      let maps = AttentionMaps(query: query, key: key, heads: heads, item: last)
      var sums = [Float](repeating: 0, count: item.queries.count)
      for head in 0..<heads.queryHeads {
        let map = maps.map(head: head, backend: backend, pool: pool)
        // Keys of earlier rows, which a continued sequence has, stand in front.
        let earlier = map.width - sums.count
        map.withFloats { map in for place in sums.indices { sums[place] += map[earlier + place] } }
      }
      return sums.map { $0 / Float(heads.queryHeads) }
    }
  }
}
