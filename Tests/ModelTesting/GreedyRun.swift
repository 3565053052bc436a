internal import Images
package import Models
package import Tensors

/// Prompts run through a model and continued with the likeliest token, all in one packed batch, with everything that the
/// reference data records on the way.
package final class GreedyRun {
  package struct Prompt {
    package let ids: [Int]
    /// - Shape: `[1, 3, side, side]`; nil for a prompt without picture
    package let pixels: Tensor?

    package init(ids: [Int], pixels: Tensor? = nil) {
      self.ids = ids
      self.pixels = pixels
    }
  }

  /// What became of one prompt; lists of layers are in the order of the decoder.
  package struct Result {
    package var features: [Float] = []
    package var projected: [Float] = []
    package var embedded: [Float] = []
    package var hidden: [[Float]] = []
    package var normalized: [Float] = []
    package var logits: [Float] = []
    package var ids: [Int] = []
    /// The logits from which each id was taken, one behind the other.
    package var stepLogits: [Float] = []
    package var prefillCacheLengths: [Int] = []
    /// One list per decode step.
    package var decodeCacheLengths: [[Int]] = []
    /// By routed layer.
    package var probabilities: [Int: [Float]] = [:]
    package var selected: [Int: [Int]] = [:]
    /// By routed layer, 1 for each decode step that ran it.
    package var executed: [Int: [Int]] = [:]
    package var decodeProbabilities: [Int: [Float]] = [:]
  }

  package private(set) var results: [Result]
  private let model: VisionLanguageModel
  private let backend: Backend

  /// - Parameter observer: Sees the prompts' attention.
  package init(
    _ model: VisionLanguageModel, _ prompts: [Prompt], newTokens: Int, backend: Backend,
    observer: (any DecoderObserver)? = nil
  ) throws {
    self.model = model
    self.backend = backend
    results = prompts.map { _ in Result() }
    let caches = prompts.map { _ in SequenceCache(layers: model.decoder.layers.count) }
    try prefill(prompts, caches, observer)
    for _ in 1..<max(1, newTokens) { decode(caches) }
  }

  private func prefill(_ prompts: [Prompt], _ caches: [SequenceCache], _ observer: (any DecoderObserver)?)
    throws
  {
    let tape = Tape(backend: backend)
    let imageRows = try encode(prompts, tape)
    let ids = prompts.flatMap(\.ids)
    let embedded = try model.embed(ids, imageRows: imageRows, tape)
    var batch = PackedBatch()
    for (prompt, cache) in zip(prompts, caches) {
      let roles: [RowRole] = prompt.ids.map { $0 == model.imageTokenID ? .image : .prompt }
      batch.append(roles: roles, cache: cache, isDecoding: false)
    }
    let recorder = RunRecorder(telling: observer)
    let hidden = model.decoder.forward(embedded, DecoderPass(batch, tape: tape, observer: recorder))
    let normalized = model.decoder.normalize(hidden, tape)
    let logits = model.decoder.logits(normalized, tape)
    for (index, slice) in batch.slices.enumerated() {
      let rows = slice.rows
      results[index].embedded = embedded.tensor.rows(rows).floats()
      results[index].hidden = recorder.hidden.map { $0.rows(rows).floats() }
      results[index].normalized = normalized.tensor.rows(rows).floats()
      results[index].logits = logits.tensor.rows(rows).floats()
      results[index].prefillCacheLengths = lengths(caches[index])
      for (layer, routed) in recorder.routed {
        results[index].probabilities[layer] = routed.probabilities.rows(rows).floats()
        results[index].selected[layer] = routed.rows.filter(rows.contains).map { $0 - rows.lowerBound }
      }
      choose(logits.tensor.rows(rows.upperBound - 1..<rows.upperBound), index)
    }
  }

  private func encode(_ prompts: [Prompt], _ tape: Tape) throws -> Value? {
    let pictures = prompts.compactMap(\.pixels)
    guard let images = model.images, let first = pictures.first else { return nil }
    let input = ImageInput(
      pixels: Tensor(pictures.flatMap { $0.floats() }, shape: [pictures.count] + first.shape.dropFirst()))
    let features = images.features(input, tape)
    let projected = images.project(features, of: input, tape)
    var row = 0
    for (index, prompt) in prompts.enumerated() where prompt.pixels != nil {
      let range = row..<row + images.tokenCount(of: input) / pictures.count
      results[index].features = features.tensor.rows(range).floats()
      results[index].projected = projected.tensor.rows(range).floats()
      row = range.upperBound
    }
    return projected
  }

  /// One token more for every sequence.
  private func decode(_ caches: [SequenceCache]) {
    let tape = Tape(backend: backend)
    var batch = PackedBatch()
    for cache in caches { batch.append(roles: [.answer], cache: cache, isDecoding: true) }
    let recorder = RunRecorder()
    // A generated token is text, even the one that stands for image rows in prompts.
    let embedded = model.decoder.embed(results.compactMap(\.ids.last), tape)
    let hidden = model.decoder.forward(embedded, DecoderPass(batch, tape: tape, observer: recorder))
    let logits = model.decoder.logits(model.decoder.normalize(hidden, tape), tape)
    for index in caches.indices {
      results[index].decodeCacheLengths.append(lengths(caches[index]))
      for (layer, routed) in recorder.routed {
        let runs = routed.rows.contains(index)
        results[index].executed[layer, default: []].append(runs ? 1 : 0)
        results[index].decodeProbabilities[layer, default: []].append(routed.probabilities.floats()[index])
      }
      choose(logits.tensor.rows(index..<index + 1), index)
    }
  }

  private func choose(_ logits: Tensor, _ index: Int) {
    let values = logits.floats()
    results[index].stepLogits += values
    results[index].ids.append(values.indices.max { values[$0] < values[$1] } ?? 0)
  }

  private func lengths(_ cache: SequenceCache) -> [Int] {
    model.decoder.layers.indices.map { cache.rows(inLayer: $0) }
  }
}
