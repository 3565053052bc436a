package import Models
internal import Tensors
internal import Tokenization

/// Answers prompts, one or many at a time.
package struct Generator {
  /// Why an answer ended.
  package enum FinishReason: String, Sendable {
    /// The model ended its turn.
    case stop
    /// The token limit or the model's context was reached.
    case length
    /// The caller asked to stop.
    case cancelled
  }

  package struct Answer: Sendable {
    package let text: String
    /// Tokens of the answer, without the one that ends the turn.
    package let ids: [Int]
    package let finishReason: FinishReason
  }

  package struct Options: Sendable {
    package var maxTokens = 512
    package var temperature = 0.0
    package var seed: UInt64 = 0
    /// Whether prompts that begin alike, pictures included, read that part once.
    package var sharesPrefix = true

    package init() {}
  }

  private let session: VisionLanguageSession
  private let options: Options

  package init(_ session: VisionLanguageSession, _ options: Options) {
    self.session = session
    self.options = options
  }

  /// Answers all prompts side by side.
  /// - Parameters:
  ///   - observer: Sees every layer of every step.
  ///   - isCancelled: Asked before every token.
  ///   - onText: Receives the pieces of text of each prompt as they come, never half a character.
  package func answer(
    _ prompts: [Prompt], observer: (any DecoderObserver)? = nil, isCancelled: () -> Bool = { false },
    onText: (Int, String) throws -> Void = { _, _ in }
  ) throws -> (answers: [Answer], batch: SequenceBatch) {
    let batch = SequenceBatch(
      session.model, backend: session.backend, count: prompts.count, observer: observer,
      sharing: options.sharesPrefix && prompts.count > 1, cacheFormat: session.cacheFormat,
      pictures: session.pictures)
    var logits = try batch.read(prompts).logits
    var states = prompts.indices.map { index in
      State(session, sampler: Sampler(temperature: options.temperature, seed: options.seed &+ UInt64(index)))
    }
    var active = Array(prompts.indices)
    let ends = session.endIDs
    while true {
      var next: [(sequence: Int, id: Int)] = []
      for (row, sequence) in active.enumerated() {
        if isCancelled() {
          states[sequence].reason = .cancelled
        } else if states[sequence].ids.count >= options.maxTokens {
          states[sequence].reason = .length
        } else {
          let id = logits.tensor.rows(row..<row + 1).withFloats {
            states[sequence].sampler.next($0)
          }
          if ends.contains(id) {
            states[sequence].reason = .stop
          } else {
            let text = states[sequence].push(id)
            if !text.isEmpty { try onText(sequence, text) }
            if states[sequence].ids.count < options.maxTokens, batch.hasRoom(sequence) {
              next.append((sequence, id))
            } else {
              states[sequence].reason = .length
            }
          }
        }
      }
      guard !next.isEmpty else { break }
      logits = try batch.advance(next)
      active = next.map(\.sequence)
    }
    for index in states.indices {
      let rest = states[index].finish()
      if !rest.isEmpty { try onText(index, rest) }
    }
    return (states.map(\.answer), batch)
  }

  private struct State {
    var sampler: Sampler
    var ids: [Int] = []
    var reason = FinishReason.length
    private var text = ""
    private var detokenizer: StreamingDetokenizer

    init(_ session: VisionLanguageSession, sampler: Sampler) {
      self.sampler = sampler
      detokenizer = StreamingDetokenizer(session.tokenizer)
    }

    mutating func push(_ id: Int) -> String {
      ids.append(id)
      let piece = detokenizer.push(id)
      text += piece
      return piece
    }

    mutating func finish() -> String {
      let rest = detokenizer.finish()
      text += rest
      return rest
    }

    var answer: Answer { Answer(text: text, ids: ids, finishReason: reason) }
  }
}
