internal import Foundation

/// How busy other programs kept the machine, and how much memory this one took.
package struct ProcessorLoad {
  package init() {}

  private let start = ContinuousClock().now
  private let busyAtStart = Self.busySeconds
  private let ownAtStart = Self.ownSeconds

  /// Processor time that other programs took since the start, as a share of all processors' time; nil where the system
  /// does not tell.
  package func foreignShare() -> Double? {
    guard let before = busyAtStart, let now = Self.busySeconds else { return nil }
    let elapsed =
      (ContinuousClock().now - start) / .seconds(1) * Double(ProcessInfo.processInfo.activeProcessorCount)
    let foreign = now - before - (Self.ownSeconds - ownAtStart)
    return max(0, foreign / max(1e-9, elapsed))
  }

  /// The most memory that this process has held, in bytes.
  static var peakMemory: Int {
    let usage = Self.usage
    #if os(Linux)
      return Int(usage.ru_maxrss) * 1024
    #else
      return Int(usage.ru_maxrss)
    #endif
  }

  private static var usage: rusage {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    return usage
  }

  private static var ownSeconds: Double {
    let usage = Self.usage
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// Seconds that all processors together have worked since the machine started.
  private static var busySeconds: Double? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first
    else { return nil }
    let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    guard ticks.count >= 8 else { return nil }
    // user, nice, system, interrupts, soft interrupts; not idle, waiting or stolen.
    return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
