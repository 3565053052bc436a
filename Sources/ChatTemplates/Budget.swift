internal import Synchronization

/// Counts what a template takes, and refuses more than it may.
final class Budget: Sendable {
  private let stepsLeft: Atomic<Int>
  private let liveBytes = Atomic(0)
  private let mostBytes: Int

  init(_ limits: TemplateLimits, values: Int, bytes: Int) {
    stepsLeft = Atomic(limits.steps + limits.stepsPerValue * values + bytes * 4)
    mostBytes = limits.bytes + limits.bytesPerByte * bytes
  }

  func step(_ count: Int = 1) throws {
    // One thread renders, so that nothing is lost between these two.
    let left = stepsLeft.load(ordering: .relaxed) - count
    stepsLeft.store(left, ordering: .relaxed)
    if left < 0 { throw TemplateFault(.limit, "the template takes more steps than it may; it may never end") }
  }

  /// Checks that so many further bytes may be taken.
  func require(_ bytes: Int) throws {
    if bytes > mostBytes - liveBytes.load(ordering: .relaxed) {
      throw TemplateFault(.limit, "the template makes more text than the \(mostBytes) bytes that it may")
    }
  }

  func hold(_ bytes: Int) { liveBytes.wrappingAdd(bytes, ordering: .relaxed) }
  func release(_ bytes: Int) { liveBytes.wrappingSubtract(bytes, ordering: .relaxed) }
}
