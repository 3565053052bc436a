internal import Files
internal import Foundation
internal import Models
internal import Wording

/// A run's output folder while the run works in it: nobody else writes there, and nothing that is there is lost.
final class RunFolder {
  /// How a state that is there is taken.
  struct Resumption: Sendable {
    /// Go on from it; otherwise it is an error.
    let isAsked: Bool
    /// Go on although the run file has changed.
    let allowsChanges: Bool
  }

  let store: TrainingStore
  let log: TrainingLog
  let identity: RunIdentity
  /// The steps of the stored state; nil without one.
  let storedSteps: Int?

  /// Takes the folder, and creates it if need be; changes nothing in it.
  /// - Throws: `TrainingError` if it holds what this run would overwrite, or the state of another run; `FileError` if another
  ///   run works there.
  init(
    _ run: RunConfiguration, identity: () throws -> RunIdentity, _ resumption: Resumption,
    report: (String) -> Void
  ) throws {
    for part in ["model", "adapter", "state"] {
      try ModelFolder.check(run.output.appendingPathComponent(part), isNot: run.model)
    }
    // Files that are missing are found before a folder is made.
    self.identity = try identity()
    store = TrainingStore(folder: run.output)
    log = try TrainingLog(run.output.appendingPathComponent("log.jsonl"))
    let stored = try store.stored()
    storedSteps = stored?.steps
    if let stored {
      try requireSame(run, stored, resumption, report)
    } else {
      try requireUnused(run)
    }
  }

  /// - Throws: `TrainingError` if this run is not to go on from the stored state.
  private func requireSame(
    _ run: RunConfiguration, _ stored: TrainingStore.Stored, _ resumption: Resumption,
    _ report: (String) -> Void
  ) throws {
    let output = run.output.path
    guard resumption.isAsked else {
      throw TrainingError(
        "\(output) holds a run of \(counted(stored.steps, "step")); add --resume to go on with it, or choose another output"
      )
    }
    guard (0...run.steps).contains(stored.steps) else {
      throw TrainingError(
        "\(output) holds a run of \(counted(stored.steps, "step")), but the run file asks for \(run.steps); ask for more, or choose another output"
      )
    }
    guard let before = stored.identity else {
      return report("the state of \(output) does not say how it was made; it is taken as this run's")
    }
    let differences = try identity.differences(from: before)
    guard !differences.isEmpty else { return }
    let list = differences.joined(separator: "; ")
    guard resumption.allowsChanges else {
      throw TrainingError(
        "\(output) holds a run that began otherwise: \(list); restore the run file, add --allow-changes to go on all the same, or choose another output"
      )
    }
    report("going on with changes: \(list)")
  }

  /// - Throws: `TrainingError` if a run has left something here, but no state to go on from.
  private func requireUnused(_ run: RunConfiguration) throws {
    let made = ["model", "adapter", "stage.safetensors"].first {
      Disk.kind(of: run.output.appendingPathComponent($0)) != nil
    }
    // A run that was killed in front of its first checkpoint has left nothing but its log.
    let isLogged = try log.lastStep().map { $0 >= run.checkpointEvery } ?? false
    guard let left = made ?? (isLogged ? "log.jsonl" : nil) else { return }
    throw TrainingError(
      "\(run.output.path) holds the \(left) of a run whose state is gone; restore its folder state, or choose another output"
    )
  }
}
