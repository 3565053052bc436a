import Files
import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

@Suite struct AnswerLogTests {
  private static let identity = AnswerIdentity(modelID: "m", metadata: JSONObject([("max_tokens", 8)]))
  private static let items = (0..<6).map { index in
    // Two questions about each picture, which have the same id, and one that is asked twice.
    BenchmarkItem(
      id: .text("p\(index / 2)"), image: nil, prompt: index >= 4 ? "Again?" : "Question \(index)?")
  }

  private static func record(_ place: Int, identity: AnswerIdentity = identity) -> AnswerRecord {
    AnswerRecord(
      to: items[place], text: "answer \(place)", answerID: String(place), modelID: identity.modelID,
      metadata: identity.metadata)
  }

  private static func withFile(_ body: (URL) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url)
  }

  private static func open(
    _ url: URL, _ identity: AnswerIdentity = identity, _ existing: AnswerLog.Existing = .continued
  ) throws -> AnswerLog {
    try AnswerLog(url, items: items, identity: identity, existing: existing)
  }

  @Test func aFileCutAnywhereContinuesWithItsWholeLines() throws {
    let whole = Data(try AnswerFile((0..<6).map { Self.record($0) }).text().utf8)
    for length in stride(from: 0, through: whole.count, by: 7) {
      try Self.withFile { url in
        try whole.prefix(length).write(to: url)
        let log = try Self.open(url)
        let lines = whole.prefix(length).count { $0 == UInt8(ascii: "\n") }
        #expect(log.answered.keys.sorted() == Array(0..<lines))
        #expect(log.wasTorn == (length > 0 && whole[length - 1] != UInt8(ascii: "\n")))
        try log.append((lines..<6).map { Self.record($0) })
        #expect(try Data(contentsOf: url) == whole)
      }
    }
  }

  @Test func answersOutOfOrderArePutInOrder() throws {
    try Self.withFile { url in
      try Data(try AnswerFile([3, 1].map { Self.record($0) }).text().utf8).write(to: url)
      let log = try Self.open(url)
      try log.append([0, 2].map { Self.record($0) })
      try log.finish(Dictionary(uniqueKeysWithValues: (0..<4).map { ($0, Self.record($0)) }))
      #expect(try AnswerFile(contentsOf: url).records == (0..<4).map { Self.record($0) })
    }
  }

  @Test func answersOfAnotherRunAreRefusedAndStay() throws {
    try Self.withFile { url in
      let other = AnswerIdentity(modelID: "other", metadata: Self.identity.metadata)
      let foreign = AnswerIdentity(modelID: "other", metadata: JSONObject())
      for (made, isAdopted) in [(other, false), (foreign, true)] {
        let content = Data(
          try AnswerFile([Self.record(0, identity: made)]).text().utf8 + Data("{\"torn".utf8))
        try content.write(to: url)
        #expect(throws: BenchmarkError.self) { try Self.open(url) }
        #expect(try Data(contentsOf: url) == content)
        #expect(isAdopted == ((try? Self.open(url, Self.identity, .adopted)) != nil))
      }
    }
  }

  @Test(arguments: ["no answer\n", "[]\n", "{\"question_id\": \"p9\", \"prompt\": \"\", \"text\": \"\"}\n"])
  func otherFilesAreRefusedAndStay(content: String) throws {
    try Self.withFile { url in
      try Data(content.utf8).write(to: url)
      let error = #expect(throws: BenchmarkError.self) { try Self.open(url) }
      #expect(error?.description.contains("\(url.lastPathComponent):1") == true)
      #expect(try String(contentsOf: url, encoding: .utf8) == content)
      _ = try Self.open(url, Self.identity, .replaced)
      #expect(try Data(contentsOf: url).isEmpty)
    }
  }

  @Test func anAnswerGivenTwiceIsRefused() throws {
    try Self.withFile { url in
      try Data(try AnswerFile([0, 0].map { Self.record($0) }).text().utf8).write(to: url)
      let error = #expect(throws: BenchmarkError.self) { try Self.open(url) }
      #expect(error?.description.contains(":2") == true)
    }
  }

  @Test func twoRunsDoNotShareAFile() throws {
    try Self.withFile { url in
      let first = try Self.open(url)
      #expect(throws: FileError.self) { try Self.open(url) }
      try first.append([Self.record(0)])
    }
  }
}
