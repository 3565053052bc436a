internal import Foundation
internal import Tensors

/// Steps through a run: pieces of work side by side, one gradient, one optimiser step, a log and a resumable state.
final class Trainer {
  private let run: RunConfiguration
  private let task: any TrainingTask
  private let optimizer: AdamW
  /// Parameters that are saved with the state but not learnt.
  private let fixed: [Parameter]
  /// Parameters that are not learnt.
  private let frozen: [Parameter]
  private let folder: RunFolder
  private let workers: PieceWorkers
  /// Steps done so far.
  private(set) var steps: Int
  /// Steps of the state that the folder holds; nil without one.
  private var savedSteps: Int?
  /// Whether a number was none, so that what has been learnt is not worth a good state.
  private var isSpoilt = false
  /// Steps of this process, and the weight of what they had to teach.
  private var taught = (steps: 0, weight: 0.0)

  /// - Parameters:
  ///   - learnt: The parameters to change; everything else in `all` stays.
  ///   - fixed: Those of the others that cannot be had again but from the state.
  init(
    _ run: RunConfiguration, task: any TrainingTask, learnt: [Parameter], all: [Parameter],
    fixed: [Parameter], threads: Int, in folder: RunFolder
  ) throws {
    self.run = run
    self.task = task
    self.folder = folder
    let names = Set(learnt.map(\.name))
    for parameter in all { parameter.isTrainable = names.contains(parameter.name) }
    frozen = all.filter { !$0.isTrainable }
    self.fixed = fixed.filter { !$0.isTrainable }
    optimizer = AdamW(learnt, run.optimizer, threads: threads)
    workers = PieceWorkers(count: run.pieces, threads: threads)
    steps = folder.storedSteps ?? 0
    savedSteps = folder.storedSteps
    if savedSteps != nil { try folder.store.restore(optimizer, fixed: self.fixed) }
    try folder.log.forget(after: steps)
    roundForComputing()
  }

  /// Runs until the last step, or until `shouldStop` says so; the state is saved either way.
  /// - Parameters:
  ///   - progress: Receives how far the run is, after every step.
  ///   - report: Receives what is worth a line of its own.
  /// - Throws: `TrainingError` that names the step where a loss or gradient is no number, or nothing is there to learn. The
  ///   last state that was saved stays; without one, the last state whose numbers are finite is saved.
  func train(
    shouldStop: () -> Bool, progress: (TrainingProgress) -> Void, report: (String) -> Void
  ) throws {
    for notice in try task.notices(before: steps * run.picturesPerStep) { report(notice) }
    do {
      try go(shouldStop: shouldStop, progress: progress, report: report)
    } catch {
      // What has been learnt is not lost with a sample that cannot be read.
      if !isSpoilt, steps > savedSteps ?? 0, optimizer.isFinite { try? save() }
      throw error
    }
  }

  private func go(
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
        try record("train", numbers.means + [("rate", run.rate.at(step: steps - 1))])
        numbers = Measurements()
      }
      if run.validationPictures > 0, steps % run.validateEvery == 0 || steps == run.steps {
        let means = try validate().means
        if !means.isEmpty {
          try record("validation", means)
          let text = means.map { "\($0.name) \(String(format: "%.3f", $0.value))" }
          report("step \(steps) held out: " + text.joined(separator: " "))
        }
      }
      if steps % run.checkpointEvery == 0 || steps == run.steps { try save() }
    }
    if steps < run.steps { try save() }
  }

  private func record(_ kind: String, _ values: [(name: String, value: Double)]) throws {
    if let wrong = values.first(where: { !$0.value.isFinite }) {
      throw try failure("\(kind)'s \(wrong.name) is \(wrong.value)", step: steps)
    }
    try folder.log.write(step: steps, kind, values)
  }

  private func save() throws {
    try folder.store.save(optimizer, fixed: fixed, steps: steps, identity: folder.identity)
    savedSteps = steps
    try folder.log.plot()
  }

  /// One optimiser step.
  private func step() throws -> (Measurements, rows: Int, norm: Double) {
    let first = steps * run.picturesPerStep
    let pieces = try workers.map { [run, task] index, _ in
      let start = run.picturesPerStep * index / run.pieces
      let end = run.picturesPerStep * (index + 1) / run.pieces
      return try PreparedPiece(piece: task.piece(samples: first + start..<first + end))
    }
    let weight = pieces.reduce(0) { $0 + $1.piece.targets }
    try requireTeaching(weight)
    let targets = max(1e-9, weight)
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
    let loss = results.reduce(0) { $0 + $1.1 }
    numbers.add("loss", loss)
    guard loss.isFinite else { throw try failure("the loss is \(loss)", step: steps + 1) }
    let norm = optimizer.step(workers.gradients, rate: run.rate.at(step: steps), step: steps)
    guard norm.isFinite else { throw try failure("the norm of the gradient is \(norm)", step: steps + 1) }
    roundForComputing()
    return (numbers, rows, norm)
  }

  /// What ends a run whose numbers are none. Such a step has not changed the weights.
  private func failure(_ what: String, step: Int) throws -> TrainingError {
    if savedSteps == nil, steps > 0, optimizer.isFinite { try save() }
    isSpoilt = true
    let kept =
      savedSteps.map {
        "the state of step \($0) stays in \(folder.store.state.path); lower learning_rate and go on from it with --resume --allow-changes, or look at the samples of this step"
      } ?? "there is no state to go on from; lower learning_rate, or look at the samples of this step"
    return TrainingError("step \(step): \(what), so that training stops; \(kept)")
  }

  /// So many steps may teach nothing.
  private static let patience = 4

  private func requireTeaching(_ weight: Double) throws {
    taught = (taught.steps + 1, taught.weight + weight)
    guard taught.weight == 0, taught.steps >= min(Self.patience, run.steps) else { return }
    throw TrainingError(
      "steps \(steps + 2 - taught.steps) to \(steps + 1) hold no token to learn; check that the template is that of the tokenizer, that max_length leaves room for answers, and that these are not empty"
    )
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
