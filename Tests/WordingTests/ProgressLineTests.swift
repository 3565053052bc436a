import Synchronization
import Testing

@testable import Wording

/// What a user reads while a command works, by a clock that the test sets.
@Suite struct ProgressLineTests {
  /// What was written, and the time.
  private final class Desk: Sendable {
    let text = Mutex("")
    let time = Mutex(Duration.zero)

    func line(_ unit: ProgressLine.Unit = .pieces, isTerminal: Bool) -> ProgressLine {
      ProgressLine(
        "gqa", unit: unit, isTerminal: isTerminal, now: { self.time.withLock { $0 } },
        write: { part in self.text.withLock { $0 += part } })
    }

    func pass(_ seconds: Double) { time.withLock { $0 += .seconds(seconds) } }

    var lines: [Substring] { text.withLock { $0 }.split(separator: "\n") }
  }

  @Test func linesOfALogBackOff() {
    let desk = Desk()
    let line = desk.line(isTerminal: false)
    line.show(0, of: 1000)
    var seconds: [Int] = []
    for second in 1...300 {
      desk.pass(1)
      let before = desk.lines.count
      line.show(second, of: 1000)
      if desk.lines.count > before { seconds.append(second) }
    }
    #expect(seconds == [5, 15, 35, 75, 135, 195, 255])
    #expect(desk.lines.first == "gqa 5/1000, 1.0/s, 16:35 left")
    #expect(!desk.text.withLock { $0 }.contains("\r"))
  }

  @Test func aLogIsToldTheEndOfWhatItWasTold() {
    let desk = Desk()
    let line = desk.line(isTerminal: false)
    line.show(0, of: 4)
    desk.pass(6)
    line.show(1, of: 4)
    desk.pass(1)
    line.show(4, of: 4)
    line.end()
    #expect(desk.lines == ["gqa 1/4, 6.0 s each, 0:18 left", "gqa 4/4, in 0:07"])
  }

  @Test(arguments: [false, true]) func whatIsSoonDoneSaysNothing(isTerminal: Bool) {
    let desk = Desk()
    let line = desk.line(isTerminal: isTerminal)
    line.show(0, of: 2)
    desk.pass(0.05)
    line.show(1, of: 2)
    line.show(2, of: 2)
    line.end()
    #expect(desk.text.withLock { $0 }.isEmpty)
  }

  @Test func aTerminalIsDrawnOverAndLeftClean() {
    let desk = Desk()
    let line = desk.line(isTerminal: true)
    line.show(0, of: 90)
    desk.pass(1)
    line.show(30, of: 90, detail: "loss 1.5")
    line.show(31, of: 90)
    #expect(desk.text.withLock { $0 } == "\r\u{1B}[Kgqa 30/90, 30/s, 0:02 left, loss 1.5")
    line.end()
    #expect(desk.text.withLock { $0 }.hasSuffix("loss 1.5\r\u{1B}[K"))
    #expect(!desk.text.withLock { $0 }.contains("\n"))
  }

  /// Answers that were there before say nothing about how fast this run is.
  @Test func whatWasDoneBeforeIsNoPace() {
    let desk = Desk()
    let line = desk.line(isTerminal: false)
    line.show(900, of: 1000)
    desk.pass(10)
    line.show(910, of: 1000)
    #expect(desk.lines == ["gqa 910/1000, 1.0/s, 1:30 left"])
  }

  @Test func bytesAreGigabytes() {
    let desk = Desk()
    let line = desk.line(.bytes, isTerminal: false)
    line.show(0, of: 13_500_000_000)
    desk.pass(8)
    line.show(4_000_000_000, of: 13_500_000_000)
    #expect(desk.lines == ["gqa 4.0/13.5 GB, 0.5 GB/s, 0:19 left"])
  }

  @Test func longTimesHaveHours() {
    let desk = Desk()
    let line = desk.line(isTerminal: false)
    line.show(0, of: 1000)
    desk.pass(10)
    line.show(1, of: 1000)
    #expect(desk.lines == ["gqa 1/1000, 10.0 s each, 2:46:30 left"])
  }
}
