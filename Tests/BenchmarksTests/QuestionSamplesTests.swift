import Foundation
import Testing

@testable import Benchmarks

@Suite struct QuestionSamplesTests {
  @Test func benchmarksTakeTurns() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["pope", "gqa"] {
      try FileManager.default.copyItem(
        at: Fixtures.folder.appending(path: name), to: folder.appending(path: name))
    }
    let lists = try [Benchmark.gqa, .pope].map { try BenchmarkFolder($0, at: folder).items().map(\.prompt) }
    let samples = try QuestionSamples.read(folder, count: 5)
    let expected = [lists[0][0], lists[1][0], lists[0][1], lists[1][1], lists[0][2]]
    #expect(samples.map(\.prompt) == expected)
    #expect(try QuestionSamples.read(folder, count: 1_000_000).count == lists[0].count + lists[1].count)
  }

  @Test func folderOfOneBenchmarkIsFoundByNameOrContent() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let own = Fixtures.folder.appending(path: "pope")
    try FileManager.default.copyItem(at: own, to: folder)
    let samples = try QuestionSamples.read(own, count: 5)
    #expect(samples.count == 5)
    #expect(try QuestionSamples.read(folder, count: 5).map(\.prompt) == samples.map(\.prompt))
  }

  @Test func linesAreReadWithAndWithoutPictures() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "questions.jsonl")
    try Data("{\"image\":\"a/1.png\",\"text\":\"Who?\"}\n{\"text\":\"Why?\"}\n{\"text\":3}\n".utf8).write(
      to: file)
    let samples = try QuestionSamples.read(file, count: 2)
    #expect(samples.map(\.prompt) == ["Who?", "Why?"])
    guard case .file(let url)? = samples[0].image else {
      Issue.record("no picture")
      return
    }
    #expect(url.path == folder.appending(path: "a/1.png").path)
    #expect(samples[1].image == nil)
    #expect(throws: (any Error).self) { try QuestionSamples.read(file, count: 3) }
    #expect(throws: BenchmarkError.self) { try QuestionSamples.read(folder, count: 3) }
  }
}
