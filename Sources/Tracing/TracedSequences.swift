internal import Answering
internal import Images
internal import Models
internal import Tensors

/// Prompts that are read whole and continued side by side, with every row to be looked at.
struct TracedSequences {
  let tape: Tape
  /// One per prompt.
  let caches: [SequenceCache]
  private let model: VisionLanguageModel

  init(_ model: VisionLanguageModel, count: Int, format: KeyValueFormat, backend: Backend) {
    self.model = model
    tape = Tape(backend: backend)
    caches = (0..<count).map { _ in SequenceCache(layers: model.decoder.layers.count, format: format) }
  }

  /// Reads the prompts in one packed batch.
  /// - Returns: The rows of all prompts before the last norm.
  /// - Shape: `[rows, width]`
  func read(_ prompts: [Prompt], observer: any DecoderObserver) throws -> Value {
    var batch = PackedBatch()
    for (prompt, cache) in zip(prompts, caches) {
      batch.append(
        roles: prompt.roles, pictures: prompt.pictureOfRow, cache: cache, isDecoding: false,
        axes: prompt.axes)
    }
    let rows = try model.embed(
      prompts.flatMap(\.ids), imageRows: model.encode(prompts.flatMap(\.images), tape), tape)
    return model.decoder.forward(rows, DecoderPass(batch, tape: tape, observer: observer))
  }

  /// Continues every sequence by one token.
  /// - Shape: `[ids.count, vocabulary]`
  func advance(_ ids: [Int], observer: any DecoderObserver) -> Tensor {
    var batch = PackedBatch()
    for cache in caches { batch.append(roles: [.answer], cache: cache, isDecoding: true) }
    let pass = DecoderPass(batch, tape: tape, observer: observer)
    let hidden = model.decoder.forward(model.decoder.embed(ids, tape), pass)
    return model.decoder.logits(model.decoder.normalize(hidden, tape), tape).tensor
  }
}
