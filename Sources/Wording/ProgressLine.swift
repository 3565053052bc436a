internal import Synchronization

/// Tells how far a command is.
///
/// On a terminal one line is drawn over again. Elsewhere, in a log or a pipe, a line is written now and then: first after
/// five seconds, then after gaps that double up to a minute, and once more at the end; a command that is soon done says
/// nothing.
///
/// Safe to share: the only state is behind a lock.
package final class ProgressLine: Sendable {
  /// What is counted.
  package enum Unit: Sendable {
    case pieces, bytes
  }

  private struct State {
    var start: (time: Duration, done: Int)?
    var shown: Duration?
    var gap = ProgressLine.firstGap
    var isDrawn = false
    var hasWritten = false
    /// What `end` still has to tell.
    var last: String?
  }

  static let firstGap = Duration.seconds(5)
  static let longestGap = Duration.seconds(60)
  /// Drawing oftener than this is only flicker.
  static let frame = Duration.milliseconds(100)

  private let name: String
  private let unit: Unit
  private let isTerminal: Bool
  private let now: @Sendable () -> Duration
  private let write: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - name: What is going on; the line begins with it.
  ///   - isTerminal: Whether what is written can be drawn over.
  ///   - now: The time since any fixed moment.
  ///   - write: Receives text to be written as it is.
  package init(
    _ name: String, unit: Unit = .pieces, isTerminal: Bool,
    now: @escaping @Sendable () -> Duration = ProgressLine.uptime, write: @escaping @Sendable (String) -> Void
  ) {
    (self.name, self.unit, self.isTerminal) = (name, unit, isTerminal)
    (self.now, self.write) = (now, write)
  }

  private static let origin = ContinuousClock.now

  /// The time since the program asked for the first time.
  package static let uptime: @Sendable () -> Duration = { ContinuousClock.now - origin }

  /// Says that so much of the work is done. The first call starts the clock: what is done by then says nothing about the
  /// pace.
  /// - Parameter detail: What else there is to say; asked only if a line is written.
  package func show(_ done: Int, of total: Int, detail: @autoclosure () -> String = "") {
    state.withLock { state in
      let time = now()
      guard let start = state.start else {
        state.start = (time, done)
        state.shown = time
        return
      }
      // Threads may come late with less than was shown.
      guard isDue(time, state, isLast: done >= total) else { return }
      let pace = ProgressPace(
        unit: unit, first: start.done, done: done, total: total, elapsed: time - start.time)
      let detail = detail()
      let text = "\(name) \(pace.text)" + (detail.isEmpty ? "" : ", \(detail)")
      state.shown = time
      if isTerminal {
        write("\r\u{1B}[K" + text)
        state.isDrawn = true
      } else if done >= total {
        state.last = text
      } else {
        write(text + "\n")
        state.hasWritten = true
        state.gap = min(state.gap * 2, Self.longestGap)
      }
    }
  }

  private func isDue(_ time: Duration, _ state: State, isLast: Bool) -> Bool {
    if isLast { return !isTerminal || state.isDrawn }
    return state.shown.map { time - $0 >= (isTerminal ? Self.frame : state.gap) } ?? true
  }

  /// Takes the line off the terminal, so that something else can be written.
  package func clear() {
    state.withLock { state in
      if state.isDrawn { write("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }

  /// Ends the line: a terminal is left clean, and a log that has been told of the work is told its end.
  package func end() {
    clear()
    state.withLock { state in
      if state.hasWritten, let last = state.last { write(last + "\n") }
      state.last = nil
    }
  }
}
