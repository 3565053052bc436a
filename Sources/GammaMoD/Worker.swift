package import Answering
internal import Foundation

/// Does what takes long on a thread of its own, so that no task of the caller's pool is held up.
package enum Worker {
  /// - Parameter body: Receives what tells that the task has been cancelled.
  /// - Throws: What `body` throws, as a `GammaModError`.
  package static func run<Result: Sendable>(
    _ body: @escaping @Sendable (Cancellation) throws -> Result
  ) async throws(GammaModError) -> Result {
    let cancellation = Cancellation()
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          let thread = Thread {
            continuation.resume(with: Swift.Result { try body(cancellation) })
          }
          // Kernels keep scratch memory on the stack.
          thread.stackSize = 8 << 20
          thread.name = "gamma-mod work"
          thread.start()
        }
      } onCancel: {
        cancellation.request()
      }
    } catch {
      throw GammaModError(error)
    }
  }
}

extension Cancellation {
  /// - Throws: `CancellationError` if the work is to end.
  func check() throws {
    if isRequested { throw CancellationError() }
  }
}
