internal import Foundation
internal import Tensors
internal import Wording

/// Steps through a run: pieces of work side by side, one gradient, one optimiser step, a log and a resumable state.
final class Trainer {
  private let run: RunConfiguration
  private let task: any TrainingTask
  private let optimizer: AdamW
  /// Parameters that are saved with the state but not learnt.
  private let frozen: [Parameter]
  private let store: TrainingStore
  private let log: TrainingLog
  private let workers: PieceWorkers
  /// Steps done so far.
  private(set) var steps: Int

  /// - Parameters:
  ///   - learnt: The parameters to change; everything else in `all` stays.
  ///   - resume: Go on from the stored state if there is one; otherwise a stored state is an error.
  init(
    _ run: RunConfiguration, task: any TrainingTask, learnt: [Parameter], all: [Parameter], threads: Int,
    resume: Bool
  ) throws {
    self.run = run
    self.task = task
    let names = Set(learnt.map(\.name))
    for parameter in all { parameter.isTrainable = names.contains(parameter.name) }
    frozen = all.filter { !$0.isTrainable }
    optimizer = AdamW(learnt, run.optimizer, threads: threads)
    store = TrainingStore(folder: run.output)
    workers = PieceWorkers(count: run.pieces, threads: threads)
    steps = 0
    if let stored = try store.storedSteps() {
      guard resume else {
        throw TrainingError(
          "\(run.output.path) holds a run of \(counted(stored, "step")); add --resume to go on with it, or choose another output"
        )
      }
      guard (0...run.steps).contains(stored) else {
        throw TrainingError(
          "\(run.output.path) holds a run of \(counted(stored, "step")), but the run file asks for \(run.steps); ask for more, or choose another output"
        )
      }
      try store.restore(optimizer, fixed: frozen)
      steps = stored
    }
    try FileManager.default.createDirectory(at: run.output, withIntermediateDirectories: true)
    log = try TrainingLog(run.output.appendingPathComponent("log.jsonl"), keepingBefore: steps)
    roundForComputing()
  }

  /// Runs until the last step, or until `shouldStop` says so; the state is saved either way.
  /// - Parameters:
  ///   - progress: Receives how far the run is, after every step.
  ///   - report: Receives what is worth a line of its own.
  func train(
    shouldStop: () -> Bool, progress: (TrainingProgress) -> Void, report: (String) -> Void
  ) throws {
    var meter = ProgressMeter(total: run.steps)
    var numbers = Measurements()
    // From here on time counts.
    progress(meter.progress(step: steps, numbers))
    while steps < run.steps, !shouldStop() {
      let (measured, rows, norm) = try step()
      numbers.add(measured)
      numbers.add("norm", norm)
      steps += 1
      meter.add(rows: rows)
      progress(meter.progress(step: steps, numbers))
      if steps % run.logEvery == 0 || steps == run.steps {
        try log.write(step: steps, "train", numbers.means + [("rate", run.rate.at(step: steps - 1))])
        numbers = Measurements()
      }
      if run.validationPictures > 0, steps % run.validateEvery == 0 || steps == run.steps {
        let result = try validate()
        try log.write(step: steps, "validation", result.means)
        let text = result.means.map { "\($0.name) \(String(format: "%.3f", $0.value))" }
        report("step \(steps) held out: " + text.joined(separator: " "))
      }
      if steps % run.checkpointEvery == 0 || steps == run.steps {
        try store.save(optimizer, fixed: frozen, steps: steps)
        try log.plot()
      }
    }
    if steps < run.steps {
      try store.save(optimizer, fixed: frozen, steps: steps)
      try log.plot()
    }
  }

  /// One optimiser step.
  private func step() throws -> (Measurements, rows: Int, norm: Double) {
    let first = steps * run.picturesPerStep
    let pieces = try workers.map { [run, task] index, _ in
      let start = run.picturesPerStep * index / run.pieces
      let end = run.picturesPerStep * (index + 1) / run.pieces
      return try PreparedPiece(piece: task.piece(samples: first + start..<first + end))
    }
    let targets = max(1e-9, pieces.reduce(0) { $0 + $1.piece.targets })
    let rows = pieces.reduce(0) { $0 + $1.piece.rows }
    let results = try workers.map { [run] index, worker in
      worker.gradients.reset()
      let tape = Tape(
        recordingInto: worker.gradients, backend: Backend(), pool: worker.pool, precision: run.precision)
      // Pieces count alike in means over rows, as devices do where one step is trained on several.
      let (loss, numbers) = try pieces[index].piece.loss(
        targets: targets, share: 1 / Double(run.pieces), tape: tape)
      tape.backward(from: loss)
      return (numbers, Double(loss.tensor.scalar))
    }
    var numbers = Measurements()
    for (measured, _) in results { numbers.add(measured) }
    numbers.add("loss", results.reduce(0) { $0 + $1.1 })
    let norm = optimizer.step(workers.gradients, rate: run.rate.at(step: steps), step: steps)
    roundForComputing()
    return (numbers, rows, norm)
  }

  private func validate() throws -> Measurements {
    let results = try workers.map { [run, task] index, worker in
      var result = Measurements()
      for first in stride(from: index * 4, to: run.validationPictures, by: run.pieces * 4) {
        let tape = Tape(backend: Backend(), pool: worker.pool)
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

  /// Safe to hand on: it is made by one thread and then used by one other.
  private struct PreparedPiece: @unchecked Sendable {
    let piece: any TrainingPiece
  }
}
