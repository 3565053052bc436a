import Answering
import ArgumentParser
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, and SIGTERM, by which systems end programs.
///
/// Commands that leave work worth saving watch it; all others end at once. A second one always ends the process.
/// Signals belong to the process, and so does the only instance. It is safe to share: its flags are atomic, and the
/// sources are set up once, before any command runs.
final class Interrupt: @unchecked Sendable {
  /// What the process ends with after such a signal.
  static let exitCode = ExitCode(130)

  private static let shared = Interrupt()

  private let isWatched = Atomic(false)
  private let isRequested = Atomic(false)
  private let whenRequested = Mutex<(@Sendable () -> Void)?>(nil)
  private let sources: [any DispatchSourceSignal]

  private init() {
    let queue = DispatchQueue(label: "gamma-mod.interrupt", qos: .userInteractive)
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
  }

  /// Takes the signals over from the system; before this, they kill the process.
  static func install() {
    let shared = shared
    for source in shared.sources {
      source.setEventHandler { shared.receive() }
      source.resume()
    }
  }

  private func receive() {
    let isFirst = !isRequested.exchange(true, ordering: .relaxed)
    // Not exit(): other threads still compute with what it would tear down.
    guard isFirst, isWatched.load(ordering: .relaxed) else {
      LineReader.restoreTerminal()
      _exit(Self.exitCode.rawValue)
    }
    whenRequested.withLock { $0 }?()
  }

  /// Runs a command that asks `isRequested` from time to time and then stops by itself.
  /// - Throws: what `body` throws, or the exit code if Ctrl-C came.
  static func watch<Result>(_ body: (_ isRequested: @escaping @Sendable () -> Bool) throws -> Result) throws
    -> Result
  {
    let (result, wasRequested) = try watchTurn(body)
    if wasRequested { throw exitCode }
    return result
  }

  /// Runs one turn of a command that goes on when Ctrl-C has stopped the turn.
  /// - Returns: What `body` returns, and whether Ctrl-C came.
  static func watchTurn<Result>(
    _ body: (_ isRequested: @escaping @Sendable () -> Bool) throws -> Result
  ) rethrows -> (result: Result, wasRequested: Bool) {
    startWatching()
    defer { stopWatching() }
    let result = try body { shared.isRequested.load(ordering: .relaxed) }
    return (result, shared.isRequested.load(ordering: .relaxed))
  }

  /// Runs a command in a task that Ctrl-C cancels and that then ends by itself.
  /// - Throws: What `body` throws, or the exit code if Ctrl-C came.
  static func watch(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await body() }
    startWatching { task.cancel() }
    defer { stopWatching() }
    try await task.value
    if shared.isRequested.load(ordering: .relaxed) { throw exitCode }
  }

  /// - Parameter action: What the first signal does, besides being told to whoever asks.
  private static func startWatching(_ action: (@Sendable () -> Void)? = nil) {
    shared.whenRequested.withLock { $0 = action }
    shared.isWatched.store(true, ordering: .relaxed)
  }

  private static func stopWatching() {
    shared.isWatched.store(false, ordering: .relaxed)
    shared.isRequested.store(false, ordering: .relaxed)
    shared.whenRequested.withLock { $0 = nil }
  }

  /// Waits for an answer, which Ctrl-C ends with what is there.
  /// - Throws: What ends the answer, or the exit code if Ctrl-C came.
  static func watch(_ stream: AnswerStream, onText: (String) throws -> Void) async throws -> Answer {
    let (answer, wasRequested) = try await watchTurn(stream, onText: onText)
    if wasRequested { throw exitCode }
    return answer
  }

  /// As `watch`, for a command that goes on when Ctrl-C has ended an answer.
  static func watchTurn(_ stream: AnswerStream, onText: (String) throws -> Void) async throws -> (
    answer: Answer, wasRequested: Bool
  ) {
    startWatching { stream.cancel() }
    defer { stopWatching() }
    let answer = try await stream.answer(onText: onText)
    return (answer, shared.isRequested.load(ordering: .relaxed))
  }
}
