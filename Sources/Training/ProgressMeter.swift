internal import Foundation

/// Turns rows and time into a line that says how far a run is, how fast, and how long it will take.
struct ProgressMeter {
  private let total: Int
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let first: Int
  private var lineStart: ContinuousClock.Instant
  private var rows = 0

  init(total: Int, done: Int) {
    self.total = total
    first = done
    start = clock.now
    lineStart = start
  }

  mutating func add(rows count: Int) { rows += count }

  mutating func line(step: Int, _ numbers: Measurements) -> String {
    let now = clock.now
    let seconds = max(1e-9, (now - lineStart) / .seconds(1))
    let perStep = (now - start) / Double(max(1, step - first))
    let left = Int(perStep * Double(total - step) / .seconds(1))
    let width = 20
    let filled = step * width / max(1, total)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    let speed = Double(rows) / seconds
    rows = 0
    lineStart = now
    let loss = numbers.mean("loss") ?? 0
    let accuracy = numbers.mean("accuracy").map { String(format: " right %.1f %%", $0 * 100) } ?? ""
    return String(format: "[%@] %d/%d loss %.4f", bar, step, total, loss) + accuracy
      + String(format: " %.0f tokens/s, %d:%02d:%02d left", speed, left / 3600, left / 60 % 60, left % 60)
  }
}
