import Foundation
import Synchronization

/// A line on standard error that tells how far a command is; nothing where standard error is no terminal.
///
/// Safe to share: the only state is behind a lock.
final class ProgressLine: Sendable {
  private let name: String
  private let isShown = isatty(2) != 0
  private let lastShare = Mutex(-1)

  init(_ name: String) { self.name = name }

  func show(_ done: Int, of total: Int) {
    let share = done * 100 / max(1, total)
    guard isShown,
      lastShare.withLock({ last in
        defer { last = max(last, share) }
        return share > last
      })
    else { return }
    StandardError.write("\r\(name) \(done)/\(total)")
  }

  func end() {
    if isShown { StandardError.write("\r\u{1B}[K") }
  }
}
