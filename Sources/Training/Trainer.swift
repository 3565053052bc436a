internal import Dispatch
internal import Foundation
internal import MixtureOfDepths
internal import Synchronization
internal import Tensors

/// Steps through a run: pieces of work side by side, one gradient, one optimiser step, a log and a resumable state.
final class Trainer {
  private let run: RunConfiguration
  private let task: any TrainingTask
  private let optimizer: AdamW
  /// Parameters that are saved with the state but not learnt.
  private let frozen: [Parameter]
  private let store: TrainingStore
  private let log: TrainingLog
  private let workers: [Worker]
  private let threads: Int
  private let report: (String) -> Void
  /// Steps done so far.
  private(set) var steps: Int

  /// What one piece of a step needs, kept from step to step so that its memory is.
  ///
  /// Safe to share with the parallel loop of one step: each piece uses its own.
  private final class Worker: @unchecked Sendable {
    let gradients = GradientStore()
    let pool = MemoryPool()
  }

  /// - Parameters:
  ///   - learnt: The parameters to change; everything else in `all` stays.
  ///   - resume: Go on from the stored state if there is one; otherwise a stored state is an error.
  ///   - report: Receives progress lines.
  init(
    _ run: RunConfiguration, task: any TrainingTask, learnt: [Parameter], all: [Parameter], threads: Int,
    resume: Bool,
    report: @escaping (String) -> Void
  ) throws {
    self.run = run
    self.task = task
    self.threads = max(1, threads)
    self.report = report
    let names = Set(learnt.map(\.name))
    for parameter in all { parameter.isTrainable = names.contains(parameter.name) }
    frozen = all.filter { !$0.isTrainable }
    optimizer = AdamW(learnt, run.optimizer, threads: self.threads)
    store = TrainingStore(folder: run.output)
    workers = (0..<run.pieces).map { _ in Worker() }
    steps = 0
    if let stored = try store.storedSteps() {
      guard resume else {
        throw TrainingError(
          "\(run.output.path) holds a run of \(stored) steps; add --resume to go on with it, or choose another output"
        )
      }
      try store.restore(optimizer, extra: frozen)
      steps = stored
    }
    try FileManager.default.createDirectory(at: run.output, withIntermediateDirectories: true)
    log = try TrainingLog(run.output.appendingPathComponent("log.jsonl"), keepingBefore: steps)
    roundForComputing()
  }

  /// Runs until the last step, or until `shouldStop` says so; the state is saved either way.
  func train(shouldStop: () -> Bool = { false }) throws {
    var progress = ProgressMeter(total: run.steps, done: steps)
    var numbers = Measurements()
    while steps < run.steps, !shouldStop() {
      let (measured, rows, norm) = try step()
      numbers.add(measured)
      numbers.add("norm", norm)
      steps += 1
      progress.add(rows: rows)
      if steps % run.logEvery == 0 || steps == run.steps {
        try log.write(step: steps, "train", numbers.means + [("rate", run.rate.at(step: steps - 1))])
        report(progress.line(step: steps, numbers))
        numbers = Measurements()
      }
      if run.validationPictures > 0, steps % run.validateEvery == 0 || steps == run.steps {
        let result = try validate()
        try log.write(step: steps, "validation", result.means)
        report("step \(steps) held out: " + Self.text(result))
      }
      if steps % run.checkpointEvery == 0 || steps == run.steps {
        try store.save(optimizer, extra: frozen, steps: steps)
      }
    }
    if steps < run.steps { try store.save(optimizer, extra: frozen, steps: steps) }
  }

  static func text(_ numbers: Measurements) -> String {
    numbers.means.map { "\($0.name) \(String(format: "%.3f", $0.value))" }.joined(separator: " ")
  }

  /// One optimiser step.
  private func step() throws -> (Measurements, rows: Int, norm: Double) {
    let first = steps * run.picturesPerStep
    let pieces = try inParallel(run.pieces) { [run, task] piece in
      let start = run.picturesPerStep * piece / run.pieces
      let end = run.picturesPerStep * (piece + 1) / run.pieces
      return try PreparedPiece(piece: task.piece(samples: first + start..<first + end))
    }
    let targets = max(1e-9, pieces.reduce(0) { $0 + $1.piece.targets })
    let rows = pieces.reduce(0) { $0 + $1.piece.rows }
    let results = try inParallel(run.pieces) { [run, workers] index in
      let worker = workers[index]
      worker.gradients.reset()
      let tape = Tape(
        recordingInto: worker.gradients, backend: Backend(), pool: worker.pool, precision: run.precision)
      let (loss, numbers) = try pieces[index].piece.loss(
        targets: targets, share: 1 / Double(run.pieces), tape: tape)
      tape.backward(from: loss)
      return (numbers, Double(loss.tensor.scalar))
    }
    var numbers = Measurements()
    for (measured, _) in results { numbers.add(measured) }
    numbers.add("loss", results.reduce(0) { $0 + $1.1 })
    let norm = optimizer.step(workers.map(\.gradients), rate: run.rate.at(step: steps), step: steps)
    roundForComputing()
    return (numbers, rows, norm)
  }

  private func validate() throws -> Measurements {
    let pieces = run.pieces
    let results = try inParallel(pieces) { [run, task, workers] index in
      var result = Measurements()
      for first in stride(from: index * 4, to: run.validationPictures, by: pieces * 4) {
        let tape = Tape(backend: Backend(), pool: workers[index].pool)
        result.add(
          try task.validate(samples: first..<min(first + 4, run.validationPictures), tape: tape))
      }
      return result
    }
    return results.reduce(into: Measurements()) { $0.add($1) }
  }

  /// Keeps the bfloat16 copies of matrices up to date where the run computes in it.
  private func roundForComputing() {
    guard run.precision == .bfloat16 else { return }
    let backend = Backend()
    for parameter in optimizer.parameters + frozen where parameter.shape.count > 1 {
      parameter.rounded = backend.bfloat16(of: parameter.tensor, pool: nil)
    }
  }

  private struct PreparedPiece: @unchecked Sendable {
    // Made by one thread and then used by one other.
    let piece: any TrainingPiece
  }

  /// Results of `body(0)`, `body(1)`, … in order, computed by as many threads as the run may use.
  private func inParallel<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let results = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: count))
    let lanes = min(threads, count)
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      for index in stride(from: lane, to: count, by: lanes) {
        let result = Swift.Result { try body(index) }
        results.withLock { $0[index] = result }
      }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }
}
