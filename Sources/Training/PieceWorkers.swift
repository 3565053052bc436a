internal import Dispatch
internal import Synchronization
internal import Tensors

/// Computes the pieces of a step side by side.
struct PieceWorkers {
  /// What one piece needs, kept from step to step so that its memory is.
  ///
  /// Safe to share with the parallel loop of one step: each piece uses its own.
  final class Worker: @unchecked Sendable {
    let gradients = GradientStore()
    let pool = MemoryPool()
  }

  private let workers: [Worker]
  private let threads: Int

  /// - Parameter threads: At most as many pieces are computed at the same time.
  init(count: Int, threads: Int) {
    workers = (0..<count).map { _ in Worker() }
    self.threads = max(1, threads)
  }

  var gradients: [GradientStore] { workers.map(\.gradients) }

  /// What `body` gives for each piece, in their order.
  func map<Result: Sendable>(_ body: @escaping @Sendable (Int, Worker) throws -> Result) throws -> [Result] {
    let results = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: workers.count))
    let lanes = min(threads, workers.count)
    DispatchQueue.concurrentPerform(iterations: lanes) { [workers] lane in
      for index in stride(from: lane, to: workers.count, by: lanes) {
        let result = Swift.Result { try body(index, workers[index]) }
        results.withLock { $0[index] = result }
      }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }
}
