import Foundation
import Images
import PocketWorld
import StrictJSON
import Testing

@testable import Benchmarks

/// The law that ties the world's writer to the readers and scorers.
@Suite struct WorldScoreTests {
  private static let count = 60
  private static let seed: UInt64 = 5

  private static func withWorld<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "world-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try WorldWriter.write(to: folder, split: .val, count: count, seed: seed)
    return try body(folder)
  }

  /// The first scenes with their pictures as base64 text; more than a world of `count` needs.
  private static func scenes() throws -> [(scene: Scene, picture: String)] {
    let generator = SceneGenerator(seed: seed, split: .val)
    return try (0..<1500).map { index in
      let scene = generator.scene(at: index)
      let side = WorldRules.side
      let picture = try PixelImage(width: side, height: side, pixels: Rasteriser.render(scene))
      return (scene, try picture.pngData().base64EncodedString())
    }
  }

  /// Right answers by prompt and picture, straight from the generator.
  private static func truth(
    _ kind: QuestionKind, _ scenes: [(scene: Scene, picture: String)]
  ) -> [String: String] {
    var truth: [String: String] = [:]
    for (scene, picture) in scenes {
      for question in QuestionWriter.questions(of: kind, scene, seed: seed) {
        truth[question.text + picture] = question.answer
      }
    }
    return truth
  }

  private static func answers(
    _ items: [BenchmarkItem], _ answer: (BenchmarkItem) throws -> String
  ) rethrows -> AnswerFile {
    AnswerFile(try items.map { AnswerRecord(to: $0, text: try answer($0)) })
  }

  @Test func rightAnswersScoreFullMarksAndWrongOnesDoNot() throws {
    let scenes = try Self.scenes()
    try Self.withWorld { folder in
      for kind in QuestionKind.allCases {
        let benchmark = try #require(Benchmark(rawValue: kind.benchmark))
        let files = try BenchmarkFolder(benchmark, at: folder)
        let items = try files.items()
        #expect(items.count >= Self.count)
        let truth = Self.truth(kind, scenes)
        let right = try Self.answers(items) { item in
          let picture =
            switch try #require(item.image) {
            case .file(let url): try Data(contentsOf: url).base64EncodedString()
            case .base64(let text): text
            }
          return try #require(truth[item.prompt + picture], "\(kind) \(item.id) \(item.prompt)")
        }
        let score = try files.score(right)
        #expect(score.score == 100, "\(benchmark.rawValue)")
        #expect(score.count == items.count, "\(benchmark.rawValue)")
        // Everybody else's answer, moved on by one question, is no better than a guess.
        let texts = right.records.map(\.text)
        let moved = AnswerFile(
          zip(items, texts.dropFirst() + texts.prefix(1)).map { AnswerRecord(to: $0, text: $1) })
        #expect(try files.score(moved).score < 75, "\(benchmark.rawValue)")
        let wrong = try files.score(Self.answers(items) { _ in "I do not know" })
        #expect(wrong.score <= 34, "\(benchmark.rawValue) \(wrong.score)")
        // A run over the first few questions counts those alone.
        let few = try files.score(
          AnswerFile(Array(right.records.prefix(10))), ScoringOptions(onlyAnswered: true))
        #expect(few.score == 100 && few.count == 10, "\(benchmark.rawValue)")
      }
    }
  }

  @Test func aWorldIsWrittenWholeOrNotAtAll() throws {
    let parent = FileManager.default.temporaryDirectory.appending(path: "worlds-\(UUID())")
    defer { try? FileManager.default.removeItem(at: parent) }
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    let folder = parent.appending(path: "w")
    try WorldWriter.write(to: folder, split: .train, count: 3, seed: 1)
    let first = try Data(contentsOf: folder.appending(path: "mmbench/mmbench_dev_20230712.tsv"))
    #expect(throws: WorldError.self) {
      try WorldWriter.write(to: folder, split: .train, count: 3, seed: 1)
    }
    #expect(throws: WorldError.self) {
      try WorldWriter.write(to: parent.appending(path: "x"), split: .train, count: 0, seed: 1)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path) == ["w"])
    let again = parent.appending(path: "again")
    try WorldWriter.write(to: again, split: .train, count: 3, seed: 1)
    #expect(try Data(contentsOf: again.appending(path: "mmbench/mmbench_dev_20230712.tsv")) == first)
  }
}
