internal import Answering

/// What happens to a request, in this order.
public enum AnswerEvent: Sendable {
  /// Its turn has come. It may take so many tokens of prompt and answer, and so many bytes of keys and values.
  case admitted(tokens: Int, cacheBytes: Int)
  /// One of its pictures has been encoded, or was found encoded: its index in the conversation, of how many.
  case pictureRead(index: Int, count: Int)
  /// So many tokens of the prompt have been read, of how many.
  case promptProgress(tokens: Int, of: Int)
  /// More of the answer's text, never half a character.
  case text(String)
  /// The whole answer; nothing follows.
  case finished(Answer)
}

/// An answer that is being given, event by event.
///
/// It can be iterated once. Whoever stops listening, or whose task is cancelled, cancels the request.
public struct AnswerStream: AsyncSequence, Sendable {
  private let stream: Answering.AnswerStream
  private let finished: @Sendable (Answering.Answer) -> Answer

  init(_ stream: Answering.AnswerStream, finished: @escaping @Sendable (Answering.Answer) -> Answer) {
    self.stream = stream
    self.finished = finished
  }

  /// Goes through the events.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate var events: AsyncThrowingStream<Answering.AnswerEvent, any Error>.Iterator
    fileprivate let stream: AnswerStream

    /// Waits for the next event; nil behind the last one.
    /// - Throws: Why the request cannot be answered, such as `.promptTooLong`, or `.cancelled`.
    public mutating func next() async throws(GammaModError) -> AnswerEvent? {
      do {
        // An answer that was quicker than whoever cancels is not heard either.
        if Task.isCancelled {
          stream.cancel()
          throw CancellationError()
        }
        guard let event = try await events.next() else {
          try Task.checkCancellation()
          return nil
        }
        return try stream.event(event)
      } catch {
        throw GammaModError(error)
      }
    }
  }

  /// Begins to listen.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(events: stream.events.makeAsyncIterator(), stream: self)
  }

  /// Ends the request soon, from any thread. The stream still ends with the answer so far.
  public func cancel() { stream.cancel() }

  /// Waits for the whole answer.
  /// - Throws: As iterating does.
  public func answer() async throws(GammaModError) -> Answer {
    var iterator = makeAsyncIterator()
    while let event = try await iterator.next() {
      if case .finished(let answer) = event { return answer }
    }
    throw GammaModError(.request, "the answer has been listened to already; ask again")
  }

  private func event(_ event: Answering.AnswerEvent) throws -> AnswerEvent {
    switch event {
    case .admitted(let need): .admitted(tokens: need.rows, cacheBytes: need.cacheBytes)
    case .pictureRead(let index, let count): .pictureRead(index: index, count: count)
    case .promptProgress(let rows, let all): .promptProgress(tokens: rows, of: all)
    case .text(let text): .text(text)
    case .finished(let answer): .finished(finished(answer))
    case .failed(let error): throw error
    }
  }
}
