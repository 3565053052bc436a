import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite struct ThreadTeamTests {
  @Test(arguments: [1, 2, 3, 8]) func everyPartIsDoneOnce(_ threads: Int) {
    let team = ThreadTeam(threads: threads)
    for parts in [0, 1, 2, 7, 1000] {
      let counts = Mutex([Int](repeating: 0, count: parts))
      team.run(parts: parts) { part in counts.withLock { $0[part] += 1 } }
      #expect(counts.withLock { $0 } == [Int](repeating: 1, count: parts))
    }
  }

  @Test func loopsWithinLoopsAndFromManyThreadsAreDone() {
    let team = ThreadTeam(threads: 3)
    let total = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<200 {
        team.run(parts: 5) { _ in
          team.run(parts: 3) { _ in total.add(1, ordering: .relaxed) }
        }
      }
    }
    #expect(total.load(ordering: .relaxed) == 4 * 200 * 5 * 3)
  }

  @Test func helpersThatSleepAreWoken() {
    let team = ThreadTeam(threads: 2)
    let bothAreIn = Atomic(0)
    for round in 1...3 {
      Thread.sleep(forTimeInterval: 0.02)
      // Each part waits for the other, which only ends if two threads take part.
      team.run(parts: 2) { _ in
        bothAreIn.add(1, ordering: .sequentiallyConsistent)
        while bothAreIn.load(ordering: .sequentiallyConsistent) < 2 * round { sched_yield() }
      }
    }
    #expect(bothAreIn.load(ordering: .sequentiallyConsistent) == 6)
  }
}
