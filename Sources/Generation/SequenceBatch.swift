internal import MixtureOfDepths
public import Models
public import Tensors

/// Sequences that are read and continued side by side, each with its own cache.
public final class SequenceBatch {
  public let model: VisionLanguageModel
  public let tape: Tape
  /// One per prompt.
  public let caches: [SequenceCache]
  /// What the encoder spent on pictures and the decoder on the prompts.
  public private(set) var imageTime = Duration.zero
  public private(set) var prefillTime = Duration.zero
  public private(set) var decodeTime = Duration.zero
  /// Rows of prompts that the decoder read; those that prompts share count once.
  public private(set) var prefillRows = 0
  private let observer: (any DecoderObserver)?
  private let sharedCache: SequenceCache?
  private let clock = ContinuousClock()

  public init(
    _ model: VisionLanguageModel, backend: Backend, pool: MemoryPool = MemoryPool(), count: Int,
    observer: (any DecoderObserver)? = nil, sharing: Bool = false
  ) {
    self.model = model
    self.observer = observer
    tape = Tape(backend: backend, pool: pool)
    let layers = model.decoder.layers.count
    let shared = sharing ? SequenceCache(layers: layers) : nil
    sharedCache = shared
    caches = (0..<count).map { _ in SequenceCache(layers: layers, continuing: shared) }
  }

  /// Bytes of keys and values, those of a shared prefix counted once.
  public var cacheBytes: Int { caches.reduce(sharedCache?.bytes ?? 0) { $0 + $1.bytes } }

  /// Reads the prompts in one packed batch.
  /// - Parameter allRows: Whether to return the logits of every row instead of each prompt's last.
  /// - Returns: The rows before the last norm, and logits.
  /// - Shape: hidden `[rows of all prompts, width]`, logits `[prompts, vocabulary]` or `[rows, vocabulary]`
  @discardableResult
  public func read(_ prompts: [Prompt], allRows: Bool = false) throws -> (hidden: Value, logits: Value) {
    precondition(prompts.count == caches.count)
    let context = model.decoder.configuration.contextLength
    for prompt in prompts where prompt.ids.count > context {
      throw GenerationError(
        "the prompt takes \(prompt.ids.count) tokens but the model reads at most \(context); shorten it or give fewer pictures"
      )
    }
    guard prompts.allSatisfy({ !$0.ids.isEmpty }) else { throw GenerationError("a prompt is empty") }
    var prefix = 0
    if sharedCache != nil, let first = prompts.first {
      prefix = prompts.dropFirst().map { first.sharedPrefix(with: $0) }.min() ?? 0
      if prompts.count == 1 { prefix = 0 }
    }
    // The rows of the shared prefix stand once; what follows it is each prompt's own.
    var batch = PackedBatch()
    var ids: [Int] = []
    var lastRows: [Int] = []
    if prefix > 0, let sharedCache, let first = prompts.first {
      batch.append(
        roles: Array(first.roles.prefix(prefix)), cache: sharedCache, isDecoding: false,
        axes: first.axes?.prefix(prefix))
      ids += first.ids.prefix(prefix)
    }
    let imageRows = encodeImages(prefix > 0 ? Array(prompts.prefix(1)) : prompts)
    let start = clock.now
    if prefix > 0 {
      // Continuations see the prefix's cache, so the prefix is a batch of its own.
      _ = try run(batch, ids: ids, imageRows: imageRows)
      (batch, ids) = (PackedBatch(), [])
    }
    for (prompt, cache) in zip(prompts, caches) {
      batch.append(
        roles: Array(prompt.roles.dropFirst(prefix)), cache: cache, isDecoding: false,
        axes: prompt.axes?.dropFirst(prefix))
      ids += prompt.ids.dropFirst(prefix)
      lastRows.append(batch.rowCount - 1)
    }
    let hidden = try run(batch, ids: ids, imageRows: prefix > 0 ? nil : imageRows)
    let logits = logits(allRows ? hidden : tape.gather(hidden, rows: lastRows))
    prefillTime += clock.now - start
    prefillRows += batch.rowCount + prefix
    return (hidden, logits)
  }

  /// Continues some of the sequences by one token each.
  /// - Parameter tokens: The sequence's index among the prompts and its next token.
  /// - Shape: `[tokens.count, vocabulary]`
  public func advance(_ tokens: [(sequence: Int, id: Int)]) throws -> Value {
    let start = clock.now
    var batch = PackedBatch()
    for token in tokens { batch.append(roles: [.answer], cache: caches[token.sequence], isDecoding: true) }
    let hidden = decode(batch, rows: model.decoder.embed(tokens.map(\.id), tape))
    let result = logits(hidden)
    decodeTime += clock.now - start
    return result
  }

  /// Whether a sequence has room for another token.
  public func hasRoom(_ sequence: Int) -> Bool {
    caches[sequence].totalLength < model.decoder.configuration.contextLength
  }

  private func encodeImages(_ prompts: [Prompt]) -> Value? {
    let start = clock.now
    defer { imageTime += clock.now - start }
    return model.encode(prompts.flatMap(\.images), tape)
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
