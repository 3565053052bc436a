internal import MixtureOfDepths
internal import Models
internal import Tensors
internal import Tokenization

/// A request from its arrival to its end: the sequence's cache, what has been read of its prompt, and its answer so far.
final class RunningAnswer {
  /// Counts the requests of a loop.
  let number: Int
  let request: AnswerRequest
  let need: RequestNeed
  let rules: RoutingRules?
  let rows: ReadRows
  /// Whether generated tokens' keys and values are those that the same tokens of a prompt would leave.
  let keepsGeneratedRows: Bool
  /// Whether the whole prompt must be read in one pass, and nothing of it taken over from other requests.
  let readsAtOnce: Bool
  let roles: [RowRole]
  /// Tallies of the prompt and of generated tokens.
  let promptTally, generatedTally: RoutingTally
  /// Nil until the request is let in.
  var cache: SequenceCache?
  /// The rows of pictures, as far as they are known.
  var pictureRows: [Tensor?]
  /// Whether the caller wants the answer to end; asked in front of every layer.
  let isCancelled: () -> Bool
  var answer = Answer()
  /// The token that is to be run next.
  private(set) var next: Int?
  private let emit: (AnswerEvent) -> Void
  private let arrival: ContinuousClock.Instant
  private var sampler: Sampler
  private var detokenizer: StreamingDetokenizer?
  private var stop: StopText

  init(
    _ number: Int, _ request: AnswerRequest, need: RequestNeed, model: VisionLanguageModel,
    tokenizer: (any TextTokenizer)?, isCancelled: @escaping () -> Bool, emit: @escaping (AnswerEvent) -> Void
  ) {
    self.number = number
    self.isCancelled = isCancelled
    self.request = request
    self.need = need
    self.emit = emit
    rules = request.options.rules ?? model.routing?.rules
    rows = ReadRows(request.prompt, keys: request.pictureKeys, rules: rules)
    readsAtOnce = rules?.readsWholeSequence ?? false || model.decoder.readsAhead
    keepsGeneratedRows = rules?.treatsGeneratedRowsAsPrompt(model.routing?.positions ?? .original) ?? true
    roles = request.prompt.roles
    promptTally = RoutingTally(layers: model.decoder.layers.count)
    generatedTally = RoutingTally(layers: model.decoder.layers.count)
    pictureRows = request.prompt.pictures.map { picture in
      if case .rows(let rows) = picture.content { rows } else { nil }
    }
    arrival = ContinuousClock().now
    sampler = Sampler(request.options.sampling)
    detokenizer = tokenizer.map { StreamingDetokenizer($0) }
    stop = StopText(request.options.stopStrings)
    answer.promptTokens = request.prompt.ids.count
    answer.imageTokens = request.prompt.imageRows
  }

  var prompt: Prompt { request.prompt }
  /// Rows of the sequence that the decoder has seen.
  var length: Int { cache?.length ?? 0 }
  var isReading: Bool { length < prompt.ids.count }
  var sharesRows: Bool { request.options.sharesRows && !readsAtOnce }

  /// Goes on from a cache that holds the first rows of the prompt.
  func start(_ cache: SequenceCache) {
    self.cache = cache
    answer.reusedTokens = cache.length
    answer.times.queue = ContinuousClock().now - arrival
    emit(.admitted(need))
  }

  func report(_ event: AnswerEvent) { emit(event) }

  /// Reports the answer, once it has ended.
  /// - Parameter routed: The layers that have routers.
  func finish(routed: [Int], denseBytesPerRow: Int) {
    answer.prompt = Answer.Routing(promptTally, routed: routed)
    answer.generated = Answer.Routing(generatedTally, routed: routed)
    answer.cacheBytes = cache?.bytes ?? 0
    answer.denseCacheBytes = length * denseBytesPerRow
    emit(.finished(answer))
  }

  /// What its cache holds, for others that begin alike; nil if there is nothing to keep.
  func keptRows() -> (cache: SequenceCache, rows: ReadRows)? {
    guard let cache, sharesRows else { return nil }
    if !keepsGeneratedRows { cache.truncate(to: min(cache.length, prompt.ids.count)) }
    guard cache.length > 0 else { return nil }
    var rows = rows
    rows.ids = Array((prompt.ids + answer.ids).prefix(cache.length))
    return (cache, rows)
  }

  /// Takes the logits behind the last row and chooses the next token.
  /// - Shape: logits `[1, vocabulary]`
  /// - Returns: Whether the answer has ended.
  /// - Throws: `AnswerError` if the logits are no numbers.
  func take(_ logits: Tensor, ends: Set<Int>, context: Int) throws -> Bool {
    guard logits.isFinite else {
      throw AnswerError.notFinite("logits that are NaN or infinite behind row \(length)")
    }
    if answer.ids.isEmpty { answer.times.firstToken = ContinuousClock().now - arrival }
    let options = request.options
    guard answer.ids.count < options.maxTokens else { return end(.length) }
    let id = try sampler.next(logits.floats(), after: [prompt.ids, answer.ids].joined())
    if ends.contains(id), !options.ignoresEnd { return end(.stop) }
    answer.ids.append(id)
    pass(stop.push(detokenizer?.push(id) ?? ""))
    if stop.found != nil { return end(.stop) }
    guard answer.ids.count < options.maxTokens, length < context else { return end(.length) }
    next = id
    return false
  }

  /// Ends the answer; the rest of its text is passed on.
  @discardableResult
  func end(_ reason: Answer.FinishReason) -> Bool {
    pass(stop.push(detokenizer?.finish() ?? ""))
    if stop.found == nil { pass(stop.finish()) }
    answer.finishReason = reason
    answer.stopString = stop.found
    next = nil
    return true
  }

  private func pass(_ text: String) {
    guard !text.isEmpty else { return }
    answer.text += text
    emit(.text(text))
  }
}
