import Foundation

/// How far some work is, how fast it goes and how long it will take, in words.
struct ProgressPace {
  let unit: ProgressLine.Unit
  /// What was done when the clock was started, and so says nothing about the pace.
  let first: Int
  let done: Int
  let total: Int
  /// Since the clock was started.
  let elapsed: Duration

  /// Such as "120/1000, 12/s, 1:13 left".
  var text: String {
    let seconds = elapsed / .seconds(1)
    let fresh = done - first
    guard fresh > 0, seconds > 0 else { return amount }
    guard done < total else { return "\(amount), in \(Self.time(seconds))" }
    let rate = Double(fresh) / seconds
    return "\(amount), \(Self.pace(rate, unit)), \(Self.time(Double(total - done) / rate)) left"
  }

  private var amount: String {
    switch unit {
    case .pieces: "\(done)/\(total)"
    case .bytes: "\(Self.gigabytes(Double(done)))/\(Self.gigabytes(Double(total))) GB"
    }
  }

  private static func pace(_ rate: Double, _ unit: ProgressLine.Unit) -> String {
    switch unit {
    case .bytes: "\(gigabytes(rate)) GB/s"
    case .pieces where rate >= 10: String(format: "%.0f/s", rate)
    case .pieces where rate >= 1: String(format: "%.1f/s", rate)
    case .pieces: String(format: "%.1f s each", 1 / rate)
    }
  }

  private static func gigabytes(_ bytes: Double) -> String { String(format: "%.1f", bytes / 1e9) }

  /// Minutes and seconds, and hours where there are any.
  private static func time(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(.up), 1e9))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }
}
