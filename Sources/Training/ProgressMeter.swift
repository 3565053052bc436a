internal import Foundation

/// How far a run is.
package struct TrainingProgress: Sendable {
  /// Steps that are done, those of earlier runs into the same folder included.
  package let step: Int
  package let steps: Int
  /// What stands beside the count: the loss since the log's last line, the share of answers that were right, the speed.
  package let detail: String
}

/// Turns rows and time into what there is to say of a run.
struct ProgressMeter {
  private let total: Int
  private let start = ContinuousClock.now
  private var rows = 0

  init(total: Int) { self.total = total }

  mutating func add(rows count: Int) { rows += count }

  func progress(step: Int, _ numbers: Measurements) -> TrainingProgress {
    let seconds = max(1e-9, (ContinuousClock.now - start) / .seconds(1))
    let accuracy = numbers.mean("accuracy").map { String(format: ", right %.1f %%", $0 * 100) } ?? ""
    let detail =
      String(format: "loss %.4f", numbers.mean("loss") ?? 0) + accuracy
      + String(format: ", %.0f tokens/s", Double(rows) / seconds)
    return TrainingProgress(step: step, steps: total, detail: detail)
  }
}
