internal import MixtureOfDepths
package import Models
package import Tensors
package import Tokenization

/// Answers requests side by side, one pass after the other: sequences join and leave between passes, prompts are read in
/// parts, and rows that requests have in common are read once.
///
/// The work of an `Engine`, or of a caller that lends its own thread. It belongs to one thread.
package final class AnswerLoop {
  package let model: VisionLanguageModel
  let endIDs: Set<Int>
  private let tokenizer: (any TextTokenizer)?
  package let limits: EngineLimits
  package let tape: Tape
  let store = KeyValueStore()
  let prefixes: PrefixStore
  let pictures: PictureStore
  let trace: RoutingTrace
  /// Receives the logits of every token that is chosen.
  var onLogits: ((RunningAnswer, [Float]) -> Void)?
  private var arrivals = 0
  /// In the order of their arrival.
  var waiting: [RunningAnswer] = []
  var active: [RunningAnswer] = []

  /// - Parameters:
  ///   - tokenizer: Turns answers into text; without one they are ids only.
  ///   - endIDs: The ids after which an answer is complete.
  ///   - observer: Sees every layer of every pass.
  package init(
    _ model: VisionLanguageModel, tokenizer: (any TextTokenizer)?, endIDs: Set<Int> = [], backend: Backend,
    limits: EngineLimits = EngineLimits(), observer: (any DecoderObserver)? = nil
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.endIDs = endIDs
    self.limits = limits
    tape = Tape(backend: backend, pool: MemoryPool())
    prefixes = PrefixStore(mostEntries: limits.keptSequences)
    pictures = PictureStore(budget: limits.pictureBytes)
    trace = RoutingTrace(model.decoder, telling: observer)
  }

  package convenience init(
    _ session: VisionLanguageSession, _ limits: EngineLimits = EngineLimits(),
    observer: (any DecoderObserver)? = nil
  ) {
    self.init(
      session.model, tokenizer: session.tokenizer, endIDs: session.endIDs, backend: session.backend,
      limits: limits, observer: observer)
  }

  package var isIdle: Bool { waiting.isEmpty && active.isEmpty }

  /// Bytes of keys and values that requests hold or that are kept for later ones.
  package var cacheBytes: Int { active.reduce(prefixes.bytes) { $0 + ($1.cache?.memoryBytes ?? 0) } }

  /// Forgets what is kept for later requests.
  package func forget() {
    prefixes.shrink(to: 0)
    pictures.removeAll()
  }

  /// Lets a request wait for its turn.
  /// - Parameters:
  ///   - isCancelled: Asked in front of every layer; true ends the request with the answer so far.
  ///   - emit: Receives what happens to it, on the thread that calls `step`.
  /// - Throws: `AnswerError` if it can never be answered, or too many wait.
  package func submit(
    _ request: AnswerRequest, isCancelled: @escaping () -> Bool = { false },
    emit: @escaping (AnswerEvent) -> Void = { _ in }
  ) throws {
    let need = try need(of: request)
    guard waiting.count < limits.waitingRequests else {
      throw AnswerError(
        .queueFull, "\(waiting.count) requests are waiting already; try again when some are done")
    }
    arrivals += 1
    waiting.append(
      RunningAnswer(
        arrivals, request, need: need, model: model, tokenizer: tokenizer, isCancelled: isCancelled,
        emit: emit))
  }

  /// Answers all of some requests on the caller's thread.
  /// - Parameter isCancelled: Asked in front of every layer; true ends all with the answers so far.
  /// - Throws: The first `AnswerError` of any of them.
  package func answers(_ requests: [AnswerRequest], isCancelled: @escaping () -> Bool = { false }) throws
    -> [Answer]
  {
    try results(requests, isCancelled: isCancelled).map { try $0.get() }
  }

  /// As `answers`, with the reasons of those that cannot be answered.
  package func results(_ requests: [AnswerRequest], isCancelled: @escaping () -> Bool = { false })
    -> [Result<Answer, AnswerError>]
  {
    let unanswered = AnswerError("the request ended without an answer; ask again")
    var results = [Result<Answer, AnswerError>](repeating: .failure(unanswered), count: requests.count)
    for (index, request) in requests.enumerated() {
      do {
        try submit(request, isCancelled: isCancelled) { event in
          switch event {
          case .finished(let answer): results[index] = .success(answer)
          case .failed(let error): results[index] = .failure(error)
          default: break
          }
        }
      } catch {
        results[index] = .failure(error as? AnswerError ?? AnswerError("\(error)"))
      }
    }
    while !isIdle { step() }
    return results
  }

  /// Runs one pass over parts of prompts and generated tokens.
  package func step() {
    let cancelled = (waiting + active).filter { $0.isCancelled() }
    for running in cancelled { running.end(.cancelled) }
    retire(cancelled)
    admit()
    let parts = nextParts()
    if !parts.isEmpty { run(parts) }
  }

  /// Reports requests that have ended, and keeps what others may go on from.
  func retire(_ ended: [RunningAnswer]) {
    guard !ended.isEmpty else { return }
    let rowBytes = model.decoder.configuration.keptHeads.reduce(0) {
      $0 + limits.cacheFormat.bytesPerRow($1)
    }
    for running in ended {
      running.finish(routed: model.routing?.layers ?? [], denseBytesPerRow: rowBytes)
      if let (cache, rows) = running.keptRows() { prefixes.keep(cache, rows) }
    }
    remove(ended)
    prefixes.shrink(to: max(0, limits.cacheBytes - reservedBytes))
  }

  func fail(_ failed: [RunningAnswer], _ error: AnswerError) {
    for running in failed { running.report(.failed(error)) }
    remove(failed)
  }

  private func remove(_ gone: [RunningAnswer]) {
    let isGone = { (running: RunningAnswer) in gone.contains { $0 === running } }
    waiting.removeAll(where: isGone)
    active.removeAll(where: isGone)
  }

  /// What requests that were let in may come to hold.
  var reservedBytes: Int { active.reduce(0) { $0 + $1.need.cacheBytes } }
}
