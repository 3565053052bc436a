internal import CThreads
internal import Synchronization

/// Threads that help the one that runs an operation; started when they are first needed.
///
/// Safe to share: only the handle is state, behind a lock, and the C side takes calls from any thread.
final class ThreadTeam: Sendable {
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer?
  }

  /// How many threads work at most, with the caller's.
  let threads: Int
  private let handle = Mutex<Handle?>(nil)

  /// More threads than any processor runs are not started, whatever was asked for.
  private static let mostThreads = 1024

  init(threads: Int) { self.threads = max(1, min(threads, Self.mostThreads)) }

  deinit { handle.withLock { gm_threads_free($0?.pointer ?? nil) } }

  /// Calls `body` once for each part, on as many threads as are free; returns when all are done.
  func run(parts: Int, _ body: @Sendable (Int) -> Void) {
    guard threads > 1, parts > 1, let pointer = started().pointer else {
      for part in 0..<parts { body(part) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var work = Work(body: body)
      withUnsafeMutablePointer(to: &work) { work in
        gm_threads_run(
          pointer, Int64(parts),
          { context, part in context?.assumingMemoryBound(to: Work.self).pointee.body(Int(part)) }, work)
      }
    }
  }

  private func started() -> Handle {
    handle.withLock { known in
      if let known { return known }
      let handle = Handle(pointer: gm_threads_create(Int32(threads - 1)))
      known = handle
      return handle
    }
  }

  private struct Work {
    let body: @Sendable (Int) -> Void
  }
}
