internal import Answering
public import Foundation
public import GammaMoD
internal import PocketTraining
package import Training
internal import Wording

/// A training run as a JSON file describes it: which model learns what, from which data.
public struct TrainingJob: Sendable {
  private let job: TrainingRun

  /// Reads a run file. Paths in it start from its own folder; `docs/training.md` lists its keys.
  /// - Throws: `.json` or `.training` with the key at fault and what it should be.
  public init(runFile: URL) throws(GammaModError) {
    job = try Self.translating { try TrainingRun(runFile: runFile) }
  }

  /// The folder that the run writes: its state, its log and, at the end, the model in `model`.
  public var output: URL { job.configuration.output }

  /// Trains until the run is done, or its task is cancelled.
  /// - Parameters:
  ///   - resuming: Whether to go on from the state in `output`, if there is one, with the losses of an unbroken run.
  ///   - threads: Threads that work at the same time, at least 1. Results do not depend on it.
  ///   - onProgress: Receives lines about the run, on a thread of the run.
  /// - Returns: Whether the run is done and its model written; false if the task was cancelled, with the state saved.
  /// - Throws: An error that names the file, what is wrong and what to do.
  public func run(
    resuming: Bool = false, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    onProgress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws(GammaModError) -> Bool {
    let line = ProgressLine("step", isTerminal: false) { text in
      onProgress(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
    return try await run(
      resuming: resuming, threads: threads,
      progress: { line.show($0.step, of: $0.steps, detail: $0.detail) }, report: onProgress)
  }

  /// As `run(resuming:threads:onProgress:)`, for callers that show progress in their own way.
  /// - Parameters:
  ///   - onRead: Receives how many bytes of the model's weights have been read, and how many there are.
  ///   - progress: Receives how far the run is, after every step.
  ///   - report: Receives what is worth a line of its own.
  package func run(
    resuming: Bool, threads: Int,
    onRead: @escaping @Sendable (_ read: Int, _ all: Int) -> Void = { _, _ in },
    progress: @escaping @Sendable (TrainingProgress) -> Void,
    report: @escaping @Sendable (String) -> Void
  ) async throws(GammaModError) -> Bool {
    try await Worker.run { cancellation in
      _ = try Self.translating {
        try job.train(
          resume: resuming, threads: max(1, threads), shouldStop: { cancellation.isRequested },
          onRead: onRead, progress: progress, report: report)
      }
      return !cancellation.isRequested
    }
  }

  private static func translating<Result>(_ body: () throws -> Result) throws(GammaModError) -> Result {
    try GammaModError.translating {
      do { return try body() } catch let error as TrainingError {
        throw GammaModError(.training, "\(error)")
      }
    }
  }
}
