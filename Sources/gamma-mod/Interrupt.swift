import Answering
import ArgumentParser
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C.
///
/// Commands that leave work worth saving watch it; all others end at once. A second Ctrl-C always ends the process.
/// Signals belong to the process, and so does the only instance. It is safe to share: its flags are atomic, and the
/// source is set up once, before any command runs.
final class Interrupt: @unchecked Sendable {
  /// What the process ends with after Ctrl-C.
  static let exitCode = ExitCode(130)

  private static let shared = Interrupt()

  private let isWatched = Atomic(false)
  private let isRequested = Atomic(false)
  private let whenRequested = Mutex<(@Sendable () -> Void)?>(nil)
  private let source: any DispatchSourceSignal

  private init() {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(
      signal: SIGINT, queue: DispatchQueue(label: "gamma-mod.interrupt", qos: .userInteractive))
  }

  /// Takes the signal over from the system; before this, it kills the process.
  static func install() {
    let shared = shared
    shared.source.setEventHandler {
      let isFirst = !shared.isRequested.exchange(true, ordering: .relaxed)
      // Not exit(): other threads still compute with what it would tear down.
      guard isFirst, shared.isWatched.load(ordering: .relaxed) else {
        LineReader.restoreTerminal()
        _exit(exitCode.rawValue)
      }
      shared.whenRequested.withLock { $0 }?()
    }
    shared.source.resume()
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
    shared.isWatched.store(true, ordering: .relaxed)
    defer { stopWatching() }
    let result = try body { shared.isRequested.load(ordering: .relaxed) }
    return (result, shared.isRequested.load(ordering: .relaxed))
  }

  /// Runs a command in a task that Ctrl-C cancels and that then ends by itself.
  /// - Throws: What `body` throws, or the exit code if Ctrl-C came.
  static func watch(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await body() }
    shared.whenRequested.withLock { $0 = { task.cancel() } }
    shared.isWatched.store(true, ordering: .relaxed)
    defer { stopWatching() }
    try await task.value
    if shared.isRequested.load(ordering: .relaxed) { throw exitCode }
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
    shared.whenRequested.withLock { $0 = { stream.cancel() } }
    shared.isWatched.store(true, ordering: .relaxed)
    defer { stopWatching() }
    let answer = try await stream.answer(onText: onText)
    return (answer, shared.isRequested.load(ordering: .relaxed))
  }
}
