internal import MixtureOfDepths
package import Models
package import Tensors

/// Sequences that are read and continued side by side, each with its own cache.
package final class SequenceBatch {
  package let model: VisionLanguageModel
  package let tape: Tape
  /// One per prompt.
  package private(set) var caches: [SequenceCache]
  /// What the encoder spent on pictures and the decoder on the prompts.
  package private(set) var imageTime = Duration.zero
  package private(set) var prefillTime = Duration.zero
  package private(set) var decodeTime = Duration.zero
  /// Rows of prompts that the decoder read; those that prompts share count once.
  package private(set) var prefillRows = 0
  private let observer: (any DecoderObserver)?
  private let isSharing: Bool
  private let cacheFormat: KeyValueFormat
  private let pictures: PictureMemory?
  private var sharedCaches: [SequenceCache] = []
  private let clock = ContinuousClock()

  /// - Parameters:
  ///   - cacheFormat: In which keys and values are kept.
  ///   - pictures: Remembers a picture's rows for further batches.
  package init(
    _ model: VisionLanguageModel, backend: Backend, pool: MemoryPool = MemoryPool(), count: Int,
    observer: (any DecoderObserver)? = nil, sharing: Bool = false, cacheFormat: KeyValueFormat = .float32,
    pictures: PictureMemory? = nil
  ) {
    self.model = model
    self.pictures = pictures
    self.cacheFormat = cacheFormat
    self.observer = observer
    tape = Tape(backend: backend, pool: pool)
    let layers = model.decoder.layers.count
    isSharing = sharing && !model.decoder.readsAhead
    caches = (0..<count).map { _ in SequenceCache(layers: layers, format: cacheFormat) }
  }

  /// Bytes of keys and values, those of a shared prefix counted once.
  package var cacheBytes: Int { (sharedCaches + caches).reduce(0) { $0 + $1.bytes } }

  /// Reads the prompts in one packed batch.
  /// - Parameter allRows: Whether to return the logits of every row instead of each prompt's last.
  /// - Returns: The rows before the last norm, and logits.
  /// - Shape: hidden `[rows of all prompts, width]`, logits `[prompts, vocabulary]` or `[rows, vocabulary]`
  @discardableResult
  package func read(_ prompts: [Prompt], allRows: Bool = false) throws -> (hidden: Value, logits: Value) {
    precondition(prompts.count == caches.count)
    let context = model.decoder.configuration.contextLength
    for prompt in prompts where prompt.ids.count > context {
      throw GenerationError(
        "the prompt takes \(prompt.ids.count) tokens but the model reads at most \(context); shorten it or give fewer pictures"
      )
    }
    guard prompts.allSatisfy({ !$0.ids.isEmpty }) else { throw GenerationError("a prompt is empty") }
    // The rows of a shared prefix stand once; what follows them is each prompt's own.
    let prefixes = isSharing ? SharedPrefix.find(in: prompts) : []
    var lengths = [Int](repeating: 0, count: prompts.count)
    var (batch, ids) = (PackedBatch(), [Int]())
    for prefix in prefixes {
      let (layers, first) = (model.decoder.layers.count, prompts[prefix.members[0]])
      let cache = SequenceCache(layers: layers, format: cacheFormat)
      sharedCaches.append(cache)
      for member in prefix.members {
        lengths[member] = prefix.length
        caches[member] = SequenceCache(layers: layers, format: cacheFormat, continuing: cache)
      }
      batch.append(
        roles: Array(first.roles.prefix(prefix.length)), cache: cache, isDecoding: false,
        axes: first.axes?.prefix(prefix.length))
      ids += first.ids.prefix(prefix.length)
    }
    let prefixRows = encodeImages(prefixes.map { prompts[$0.members[0]] })
    let ownRows = encodeImages(prompts.indices.filter { lengths[$0] == 0 }.map { prompts[$0] })
    let start = clock.now
    if !prefixes.isEmpty {
      // Continuations see the prefixes' caches, so the prefixes are a batch of their own.
      _ = try run(batch, ids: ids, imageRows: prefixRows)
      prefillRows += batch.rowCount
      (batch, ids) = (PackedBatch(), [])
    }
    var lastRows: [Int] = []
    for (index, prompt) in prompts.enumerated() {
      batch.append(
        roles: Array(prompt.roles.dropFirst(lengths[index])), cache: caches[index], isDecoding: false,
        axes: prompt.axes?.dropFirst(lengths[index]))
      ids += prompt.ids.dropFirst(lengths[index])
      lastRows.append(batch.rowCount - 1)
    }
    let hidden = try run(batch, ids: ids, imageRows: ownRows)
    let logits = logits(allRows ? hidden : tape.gather(hidden, rows: lastRows))
    prefillTime += clock.now - start
    prefillRows += batch.rowCount
    return (hidden, logits)
  }

  /// Continues some of the sequences by one token each.
  /// - Parameter tokens: The sequence's index among the prompts and its next token.
  /// - Shape: `[tokens.count, vocabulary]`
  package func advance(_ tokens: [(sequence: Int, id: Int)]) throws -> Value {
    let start = clock.now
    var batch = PackedBatch()
    for token in tokens { batch.append(roles: [.answer], cache: caches[token.sequence], isDecoding: true) }
    let hidden = decode(batch, rows: model.decoder.embed(tokens.map(\.id), tape))
    let result = logits(hidden)
    decodeTime += clock.now - start
    return result
  }

  /// Whether a sequence has room for another token.
  package func hasRoom(_ sequence: Int) -> Bool {
    caches[sequence].totalLength < model.decoder.configuration.contextLength
  }

  private func encodeImages(_ prompts: [Prompt]) -> Value? {
    let start = clock.now
    defer { imageTime += clock.now - start }
    return model.encode(prompts.flatMap(\.images), tape, memory: pictures)
  }

  private func run(_ batch: PackedBatch, ids: [Int], imageRows: Value?) throws -> Value {
    decode(batch, rows: try model.embed(ids, imageRows: imageRows, tape))
  }

  private func decode(_ batch: PackedBatch, rows: Value) -> Value {
    model.decoder.forward(rows, DecoderPass(batch, tape: tape, observer: observer))
  }

  private func logits(_ hidden: Value) -> Value {
    model.decoder.logits(model.decoder.normalize(hidden, tape), tape)
  }
}
