internal import Dispatch
internal import Foundation
internal import Synchronization

/// Answers requests of any number of tasks, on a thread of its own that ends with the engine.
package final class Engine: Sendable {
  private let inbox = EngineInbox()

  /// - Parameter limits: What the engine may use.
  package init(_ session: VisionLanguageSession, _ limits: EngineLimits = EngineLimits()) {
    let thread = Thread { [inbox] in inbox.serve(AnswerLoop(session, limits)) }
    // Kernels keep scratch memory on the stack.
    thread.stackSize = 8 << 20
    thread.name = "gamma-mod engine"
    thread.start()
  }

  deinit { inbox.shutDown() }

  /// Asks for an answer.
  /// - Returns: What happens to the request. The stream ends behind the answer, or fails with an `AnswerError`; whoever stops
  ///   listening cancels the request.
  package func submit(_ request: AnswerRequest) -> AnswerStream {
    let (events, continuation) = AsyncThrowingStream<AnswerEvent, any Error>.makeStream()
    let cancellation = Cancellation()
    continuation.onTermination = { end in
      if case .cancelled = end { cancellation.request() }
    }
    inbox.add(EngineInbox.Order(request: request, continuation: continuation, cancellation: cancellation))
    return AnswerStream(events: events, cancellation: cancellation, engine: self)
  }

  /// Ends what is running with the answers so far, and refuses what comes later.
  package func shutDown() { inbox.shutDown() }
}

/// Tells that a request is to end. Safe to ask and to say from any thread.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)

  package init() {}

  package func request() { flag.store(true, ordering: .relaxed) }

  package var isRequested: Bool { flag.load(ordering: .relaxed) }
}

/// What happens to one request.
package struct AnswerStream: Sendable {
  package let events: AsyncThrowingStream<AnswerEvent, any Error>
  private let cancellation: Cancellation
  /// Works as long as somebody waits for an answer.
  private let engine: Engine

  fileprivate init(
    events: AsyncThrowingStream<AnswerEvent, any Error>, cancellation: Cancellation, engine: Engine
  ) {
    (self.events, self.cancellation, self.engine) = (events, cancellation, engine)
  }

  /// Ends the request soon; the stream still ends with the answer so far.
  package func cancel() { cancellation.request() }

  /// Waits for the answer.
  /// - Parameter onText: Receives the answer's text as it comes.
  package func answer(onText: (String) throws -> Void = { _ in }) async throws -> Answer {
    for try await event in events {
      switch event {
      case .text(let text): try onText(text)
      case .finished(let answer): return answer
      default: break
      }
    }
    throw AnswerError(.shutDown, "the engine has been shut down")
  }
}

/// What callers leave for the engine's thread.
private final class EngineInbox: Sendable {
  struct Order: Sendable {
    let request: AnswerRequest
    let continuation: AsyncThrowingStream<AnswerEvent, any Error>.Continuation
    let cancellation: Cancellation
  }

  private let state = Mutex((orders: [Order](), isOpen: true))
  private let isShutDown = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)

  func add(_ order: Order) {
    let isOpen = state.withLock { state in
      if state.isOpen { state.orders.append(order) }
      return state.isOpen
    }
    if isOpen { wake.signal() } else { refuse(order) }
  }

  func shutDown() {
    state.withLock { $0.isOpen = false }
    isShutDown.store(true, ordering: .relaxed)
    wake.signal()
  }

  private func refuse(_ order: Order) {
    order.continuation.finish(throwing: AnswerError(.shutDown, "the engine has been shut down"))
  }

  /// Works until the engine is shut down and nothing is left to do.
  func serve(_ loop: AnswerLoop) {
    while true {
      let (orders, isOpen) = state.withLock { state in
        defer { state.orders = [] }
        return (state.orders, state.isOpen)
      }
      for order in orders { start(order, loop) }
      if !loop.isIdle {
        loop.step()
      } else if isOpen {
        wake.wait()
      } else {
        return
      }
    }
  }

  private func start(_ order: Order, _ loop: AnswerLoop) {
    let continuation = order.continuation
    do {
      let isCancelled = { [self] in
        order.cancellation.isRequested || isShutDown.load(ordering: .relaxed)
      }
      try loop.submit(order.request, isCancelled: isCancelled) { event in
        switch event {
        case .failed(let error): continuation.finish(throwing: error)
        case .finished:
          continuation.yield(event)
          continuation.finish()
        default: continuation.yield(event)
        }
      }
    } catch {
      continuation.finish(throwing: error)
    }
  }
}
