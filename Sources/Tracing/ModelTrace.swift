internal import Answering
package import Foundation
internal import Images
internal import MixtureOfDepths
package import Models
package import Tensors
internal import Wording

/// Runs prompts and writes every intermediate tensor, for comparison with another implementation.
package struct ModelTrace {
  private let model: VisionLanguageModel
  private let backend: Backend
  private let cacheFormat: KeyValueFormat
  private let meter: RankMeter?
  private var writer = TraceWriter()

  /// - Parameters:
  ///   - cacheFormat: In which keys and values are kept.
  ///   - measuresRank: Whether to add ARank over the prompts, by all singular values.
  package init(
    _ model: VisionLanguageModel, backend: Backend, cacheFormat: KeyValueFormat = .float32, measuresRank: Bool
  ) {
    self.model = model
    self.cacheFormat = cacheFormat
    self.backend = backend
    meter =
      measuresRank
      ? RankMeter(layers: model.decoder.layers.count, backend: backend, method: .singularValues) : nil
  }

  /// - Parameters:
  ///   - newTokens: Tokens to generate for each prompt, past any end of turn.
  ///   - batched: Whether all prompts run in one packed batch; the numbers are the same.
  /// - Throws: `AnswerError` if the model does not read as many tokens, or makes logits that are NaN to choose from.
  package mutating func run(_ inputs: TraceInputs, newTokens: Int, batched: Bool, outputs: URL) throws {
    let context = model.decoder.configuration.contextLength
    for entry in inputs.entries {
      let more = entry.labels == nil ? newTokens : 0
      guard entry.prompt.ids.count <= context, more <= context - entry.prompt.ids.count else {
        throw AnswerError(
          .promptTooLong,
          "\(entry.prefix)input_ids: \(counted(entry.prompt.ids.count, "token")) and \(more) new ones are more than the \(context) that the model reads; ask for fewer with --max-tokens"
        )
      }
    }
    let answered = inputs.entries.filter { $0.labels == nil }
    // ARank is that of prompts about pictures where the model reads any, so these run apart while it is measured.
    let parts =
      meter == nil || model.images == nil
      ? [answered] : [true, false].map { isShown in answered.filter { $0.prompt.images.isEmpty != isShown } }
    let batches = batched ? parts : answered.map { [$0] }
    for batch in batches where !batch.isEmpty { try answer(batch, newTokens: newTokens) }
    let learnt = Dictionary(grouping: inputs.entries.filter { $0.labels != nil }, by: \.prefix)
    for prefix in learnt.keys.sorted() {
      try TrainingTrace(model, backend: backend).run(learnt[prefix] ?? [], prefix: prefix, into: &writer)
    }
    if let meter {
      let layers = [model.decoder.layers.count]
      try writer.add("arank.plain", Tensor(try meter.plain.map { Float($0) }, shape: layers))
      try writer.add("arank.strict_lower", Tensor(try meter.strictLower.map { Float($0) }, shape: layers))
    }
    try writer.write(to: outputs)
  }

  private mutating func answer(_ entries: [TraceInputs.Entry], newTokens: Int) throws {
    let sequences = TracedSequences(model, count: entries.count, format: cacheFormat, backend: backend)
    let tape = sequences.tape
    for entry in entries { try writeInputs(entry, tape) }
    let isMeasured = model.images == nil || entries.contains { !$0.prompt.images.isEmpty }
    let recorder = TraceRecorder(meter: isMeasured ? meter : nil)
    let normalized = model.decoder.normalize(
      try sequences.read(entries.map(\.prompt), observer: recorder), tape)
    let logits = model.decoder.logits(normalized, tape)
    var ranges: [Range<Int>] = []
    for entry in entries {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + entry.prompt.ids.count)
    }
    for (index, entry) in entries.enumerated() {
      let range = ranges[index]
      for (layer, rows) in recorder.hidden {
        writer.add("hidden.\(layer)", of: entry, rows: rows.rows(range))
      }
      writer.add("hidden.final_norm", of: entry, rows: normalized.tensor.rows(range))
      writer.add("logits", of: entry, rows: logits.tensor.rows(range))
      try writePrefillRoutes(recorder, entry, range)
      try writer.add(
        "cache_len.prefill", of: entry, int64s: cacheLengths(sequences.caches[index]),
        shape: [model.decoder.layers.count])
    }
    try decode(
      entries, sequences, recorder,
      logits: tape.gather(logits, rows: ranges.map { $0.upperBound - 1 }).tensor, newTokens)
  }

  /// Greedy generation past any end of turn.
  private mutating func decode(
    _ entries: [TraceInputs.Entry], _ sequences: TracedSequences, _ recorder: TraceRecorder,
    logits first: Tensor,
    _ newTokens: Int
  ) throws {
    guard newTokens > 0 else { return }
    var logits = first
    var generated = entries.map { _ in Generated() }
    let routed = model.routing?.layers ?? []
    for step in 0..<newTokens {
      let tokens = try entries.indices.map { index in
        let line = logits.rows(index..<index + 1).floats()
        var sampler = Sampler()
        let id = try sampler.next(line, after: [])
        generated[index].ids.append(Int64(id))
        generated[index].logits += line
        return id
      }
      guard step + 1 < newTokens else { break }
      recorder.clear()
      logits = sequences.advance(tokens, observer: recorder)
      for index in entries.indices {
        generated[index].cacheLengths += cacheLengths(sequences.caches[index])
        for layer in routed {
          let ran = recorder.routes[layer]?.rows.contains(index) ?? false
          generated[index].executed[layer, default: []].append(ran ? 1 : 0)
          guard let route = recorder.routes[layer] else { continue }
          generated[index].probabilities[layer, default: []].append(route.probabilities.floats()[index])
          generated[index].routerLogits[layer, default: []] += route.logits.rows(index..<index + 1).floats()
        }
      }
    }
    for (entry, result) in zip(entries, generated) {
      let steps = newTokens - 1
      try writer.add("generate.ids", of: entry, int64s: result.ids, shape: [newTokens])
      try writer.add(
        "generate.logits", of: entry, Tensor(result.logits, shape: [newTokens, logits.width]))
      guard steps > 0 else { continue }
      try writer.add(
        "cache_len.decode", of: entry, int64s: result.cacheLengths,
        shape: [steps, model.decoder.layers.count])
      for (layer, executed) in result.executed {
        try writer.add("route.decode.executed.\(layer)", of: entry, int64s: executed, shape: [steps])
      }
      for (layer, probabilities) in result.probabilities {
        try writer.add("route.decode.prob.\(layer)", of: entry, Tensor(probabilities, shape: [steps]))
      }
      for (layer, logits) in result.routerLogits {
        try writer.add("route.decode.logits.\(layer)", of: entry, Tensor(logits, shape: [steps, 2]))
      }
    }
  }

  private struct Generated {
    var ids: [Int64] = []
    var logits: [Float] = []
    var cacheLengths: [Int64] = []
    var executed: [Int: [Int64]] = [:]
    var probabilities: [Int: [Float]] = [:]
    var routerLogits: [Int: [Float]] = [:]
  }

  private mutating func writeInputs(_ entry: TraceInputs.Entry, _ tape: Tape) throws {
    if let encoder = model.images, !entry.prompt.images.isEmpty {
      let parts = entry.prompt.images.map { image in
        let features = encoder.features(image, tape)
        return (image: image, features: features, rows: encoder.project(features, of: image, tape))
      }
      try writer.add(
        "vision.features", of: entry, Self.stacked(parts.map { Self.byView($0.features.tensor, $0.image) }))
      // Where rows were left out or put between, these are no longer the projector's.
      let isPacked = parts.contains { $0.features.rows % $0.rows.rows != 0 }
      try writer.add(
        isPacked ? "packed_features" : "projector.output", of: entry,
        Self.stacked(parts.map { isPacked ? $0.rows.tensor : Self.byView($0.rows.tensor, $0.image) }))
    }
    let imageRows = model.encode(entry.prompt.images, tape)
    let rows = try model.embed(entry.prompt.ids, imageRows: imageRows, tape)
    writer.add("inputs_embeds", of: entry, rows: model.decoder.entering(rows, tape).tensor)
  }

  /// Rows under the views of a picture that they come from, where all views have the same number.
  private static func byView(_ rows: Tensor, _ image: ImageInput) -> Tensor {
    guard image.pixels.shape.count == 4, rows.rows % image.views == 0 else { return rows }
    return rows.reshaped([image.views, rows.rows / image.views, rows.width])
  }

  /// What several pictures give, one behind the other: by views where all have as many rows to a view, else by rows.
  private static func stacked(_ parts: [Tensor]) -> Tensor {
    guard parts.count > 1 else { return parts[0] }
    let tails = parts.map { Array($0.shape.dropFirst()) }
    let flat =
      tails.allSatisfy { $0 == tails[0] }
      ? parts : parts.map { $0.reshaped([$0.count / ($0.shape.last ?? 1), $0.shape.last ?? 1]) }
    let rows = flat.reduce(0) { $0 + $1.rows }
    return Tensor(flat.flatMap { $0.floats() }, shape: [rows] + flat[0].shape.dropFirst())
  }

  private mutating func writePrefillRoutes(
    _ recorder: TraceRecorder, _ entry: TraceInputs.Entry, _ range: Range<Int>
  )
    throws
  {
    for (layer, route) in recorder.routes {
      let selected = route.rows.filter { range.contains($0) }.map { Int64($0 - range.lowerBound) }
      try writer.add("route.prefill.logits.\(layer)", of: entry, route.logits.rows(range))
      try writer.add("route.prefill.prob.\(layer)", of: entry, route.probabilities.rows(range))
      try writer.add("route.prefill.selected.\(layer)", of: entry, int64s: selected, shape: [selected.count])
    }
  }

  private func cacheLengths(_ cache: SequenceCache) -> [Int64] {
    model.decoder.layers.map { Int64(cache.rows(inLayer: $0.index)) }
  }
}
