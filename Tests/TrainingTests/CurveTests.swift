import Foundation
import RunTesting
import StrictJSON
import Testing

@testable import Training

/// The pictures of a run's losses: the SVG file beside the log, and TensorBoard's event file.
@Suite struct CurveTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs.
  @Test(
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func checksumsAreThoseOfTheStandard(_ bytes: [UInt8], _ sum: UInt32) {
    #expect(CRC32C.checksum(bytes) == sum)
    #expect(EventReader.checksum(bytes) == sum)
  }

  @Test func eventsSayWhatWasWritten() throws {
    let event = ScalarEvent(time: 12.5, step: 300, scalars: [("train/loss", 1.25), ("train/größe", -3)])
    let data = Data(
      RecordFraming.frame(ScalarEvent.opening(time: 1)) + RecordFraming.frame(event.encoded))
    let events = try EventReader(data).events
    #expect(events[0] == EventReader.Event(version: "brain.Event:2", time: 1))
    #expect(
      events[1] == EventReader.Event(step: 300, scalars: ["train/loss": 1.25, "train/größe": -3], time: 12.5))
    #expect(ScalarEvent.step(of: event.encoded) == 300)
    #expect(ScalarEvent.step(of: ScalarEvent.opening(time: 1)) == 0)
  }

  /// What a kill, a full disk or another program may leave behind whole records.
  @Test func damagedRecordsEndTheFile() {
    let records = (1...3).map { ScalarEvent(time: 0, step: $0, scalars: [("a", 1)]).encoded }
    let whole = records.flatMap(RecordFraming.frame)
    let second = RecordFraming.frame(records[0]).count
    #expect(RecordFraming.records(in: Data(whole)) == records)
    for cut in [1, 4, 5, 20] { #expect(RecordFraming.records(in: Data(whole.dropLast(cut))).count == 2) }
    for place in [second, second + 9, second + 14, second + RecordFraming.frame(records[1]).count - 1] {
      var damaged = whole
      damaged[place] ^= 0x40
      #expect(RecordFraming.records(in: Data(damaged)).count == 1, "\(place)")
    }
  }

  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func run(_ name: String) throws -> TrainingRun {
    try tiny.configuration(name, stage: "symbols", ["image_rows": [16], "steps": 8, "checkpoint_every": 3])
  }

  private func events(_ run: TrainingRun) throws -> [EventReader.Event] {
    try EventReader(tiny.bytes(run, EventFile.name)).events
  }

  @Test func tensorBoardIsToldWhatTheLogSays() throws {
    let run = try run("told")
    try tiny.train(run, resume: false)
    let events = try events(run)
    #expect(events.first?.version == "brain.Event:2")
    let log = try tiny.log(run)
    let steps = try log.map { UInt64(try $0.int("step")) }
    #expect(events.dropFirst().map(\.step) == steps)
    for (event, line) in zip(events.dropFirst(), log) {
      #expect(try event.scalars["train/loss"] == Float(line.double("loss")))
      #expect(try event.scalars["train/rate"] == Float(line.double("rate")))
    }
  }

  /// A run that was killed between checkpoints does some steps again; no step is drawn twice.
  @Test func resumedRunsHaveEveryStepOnce() throws {
    let running = try run("running")
    let killed = try run("killed")
    try tiny.train(running, killedAfter: 5, leaving: killed)
    #expect(try events(killed).compactMap(\.step) == [1, 2, 3, 4, 5])
    let file = killed.configuration.output.appending(path: EventFile.name)
    // Half a record, as a kill leaves it.
    let whole = try Data(contentsOf: file)
    try (whole + whole.suffix(30)).write(to: file)
    // The checkpoint is that of step 3.
    try tiny.train(killed, resume: true, steps: 1)
    #expect(try events(killed).compactMap(\.step) == [1, 2, 3, 4])
    try tiny.train(killed, resume: true)
    #expect(try events(killed).compactMap(\.step) == Array(1...8))
    #expect(try events(killed).filter { $0.version != nil }.count == 1)
  }

  @Test func theCurveLiesBesideTheLog() throws {
    let run = try run("curve")
    try tiny.train(run, resume: false, steps: 5)
    let early = String(decoding: try tiny.bytes(run, "log.svg"), as: UTF8.self)
    #expect(early.hasPrefix("<svg") && early.contains("Loss by step") && early.contains("training"))
    try tiny.train(run, resume: true)
    let whole = String(decoding: try tiny.bytes(run, "log.svg"), as: UTF8.self)
    #expect(whole != early && !whole.contains("held out"))
  }

  @Test func heldOutLossesAreDrawnToo() throws {
    let log = tiny.folder.appending(path: "log.jsonl")
    let lines = (1...1000).map { step in
      #"{"step":\#(step),"kind":"train","loss":\#(10.0 / Double(step))}"#
    }
    let held = [100, 900].map { #"{"step":\#($0),"kind":"validation","answers":0.5,"accuracy":1.0}"# }
    try (lines + held).joined(separator: "\n").write(to: log, atomically: true, encoding: .utf8)
    let svg = try #require(try LossCurve(log: log).svg)
    #expect(svg.contains("held out") && svg.contains("training"))
    // Two points and the legend; a thousand points of training become a line of at most 300.
    #expect(svg.components(separatedBy: "<rect x=").count - 1 == 3)
    #expect(svg.components(separatedBy: "L").count < 320)
  }
}
