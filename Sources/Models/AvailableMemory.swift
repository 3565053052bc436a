internal import Foundation
package import Tensors
internal import Wording

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How much memory this process can still take.
package struct AvailableMemory: Sendable, Equatable {
  package let bytes: Int

  package init(bytes: Int) { self.bytes = max(0, bytes) }

  /// The least of what the machine has free, what the control groups of the process allow, and what its own limit of
  /// addresses (`ulimit -v`) leaves.
  package static var current: AvailableMemory {
    #if os(Linux)
      let bounds = [freeBytes] + groupBounds + [addressBound]
      return AvailableMemory(bytes: bounds.compactMap { $0 }.min() ?? physicalBytes)
    #else
      return AvailableMemory(bytes: physicalBytes)
    #endif
  }

  private static var physicalBytes: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

  /// Whether weights of some size can be held. Nothing is kept back: what else a model needs is small beside it.
  package func holds(_ bytes: Int) -> Bool { bytes <= self.bytes }

  /// - Parameters:
  ///   - place: What the weights belong to, for the message.
  ///   - precision: The format in which they would be held.
  ///   - sizes: Their bytes in every format.
  /// - Throws: `ModelError` if they do not fit, which says what is free and which format would fit.
  package func check(_ place: String, _ precision: WeightPrecision, sizes: (WeightPrecision) -> Int) throws {
    let needed = sizes(precision)
    guard !holds(needed) else { return }
    let fitting = WeightPrecision.choices.filter { sizes($0) < needed && holds(sizes($0)) }
    let least = WeightPrecision.choices.min { sizes($0) < sizes($1) } ?? precision
    let remedy =
      fitting.isEmpty
      ? "no format fits, the smallest (\(least.rawValue)) takes \(ByteCount.text(sizes(least))); free memory, or take a smaller model"
      : "choose one that fits by --dtype: "
        + fitting.map { "\($0.rawValue) takes \(ByteCount.text(sizes($0)))" }.joined(separator: ", ")
    throw ModelError(
      "\(place): the weights take \(ByteCount.text(needed)) as \(precision.rawValue), and \(ByteCount.text(bytes)) of memory are free; \(remedy)"
    )
  }
}

/// Bytes in words.
package enum ByteCount {
  /// Such as `13.2 GiB`.
  package static func text(_ bytes: Int) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
    guard let (unit, shift) = units.first(where: { bytes >= 1 << $0.1 }) else {
      return counted(bytes, "byte")
    }
    let tenths = (Double(bytes) / Double(1 << shift) * 10).rounded() / 10
    return "\(tenths) \(unit)"
  }
}

#if os(Linux)
  extension AvailableMemory {
    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    /// The number behind a name at the start of a line.
    private static func number(_ name: String, in text: String?) -> Int? {
      text?.split(separator: "\n").first { $0.hasPrefix(name) }?
        .split(whereSeparator: { $0 == " " || $0 == ":" || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
    }

    private static func number(_ path: String) -> Int? {
      text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    private static var freeBytes: Int? {
      number("MemAvailable:", in: text("/proc/meminfo")).map { $0 * 1024 }
    }

    /// What each control group around the process leaves; the file pages that it holds can be dropped.
    private static var groupBounds: [Int] {
      let lines = (text("/proc/self/cgroup") ?? "").split(separator: "\n").map {
        $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      }.filter { $0.count == 3 }
      func folders(_ root: String, _ path: Substring) -> [String] {
        let parts = path.split(separator: "/")
        return (0...parts.count).map { ([root] + parts.prefix($0).map(String.init)).joined(separator: "/") }
      }
      func left(_ folder: String, limit: String, usage: String, droppable: String) -> Int? {
        guard let limit = number("\(folder)/\(limit)"), let used = number("\(folder)/\(usage)") else {
          return nil
        }
        return limit - used + (number(droppable, in: text("\(folder)/memory.stat")) ?? 0)
      }
      let unified = lines.filter { $0[0] == "0" }.flatMap { folders("/sys/fs/cgroup", $0[2]) }.compactMap {
        left($0, limit: "memory.max", usage: "memory.current", droppable: "inactive_file")
      }
      let old = lines.filter { $0[1].split(separator: ",").contains("memory") }
        .flatMap { folders("/sys/fs/cgroup/memory", $0[2]) }.compactMap {
          left(
            $0, limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes",
            droppable: "total_inactive_file")
        }
      return unified + old
    }

    private static var addressBound: Int? {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max,
        let pages = text("/proc/self/statm")?.split(separator: " ").first.flatMap({ Int($0) })
      else { return nil }
      return Int(clamping: limit.rlim_cur) - pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
  }
#endif
