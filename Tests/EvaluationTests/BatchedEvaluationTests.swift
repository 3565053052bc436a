import Answering
import Benchmarks
import Evaluation
import Foundation
import Loading
import MixtureOfDepths
import PocketWorld
import StrictJSON
import Testing

/// The pocket models on the pocket world.
@Suite struct BatchedEvaluationTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func withWorld(count: Int, _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "world-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try WorldWriter.write(to: folder, split: .val, count: count, seed: 11)
    try body(folder)
  }

  private static func session(_ model: String, _ routing: GammaModel.Routing) throws -> VisionLanguageSession
  {
    try VisionLanguageSession(package.appending(path: "models/\(model)"), routing: routing, threads: 2)
  }

  @Test(arguments: [("pocket", false), ("pocket-gamma", false), ("pocket-gamma", true)])
  func sixteenAtOnceAnswerAsOneAtATime(model: String, isDense: Bool) throws {
    let session = try Self.session(model, isDense ? .ignored : .asStored)
    try Self.withWorld(count: 24) { world in
      for kind in QuestionKind.allCases {
        let benchmark = try #require(Benchmark(rawValue: kind.benchmark))
        let folder = try BenchmarkFolder(benchmark, at: world)
        // Every question twice in a row and once more later, so that some share their picture's rows.
        let items = try folder.items()
        let asked = items.flatMap { [$0, $0] } + items
        func answers(batch: Int) throws -> AnswerFile {
          var options = EvaluationRun.Options()
          options.batch = batch
          options.maxTokens = 24
          return try EvaluationRun(options).answers(asked, of: benchmark, sessions: session.lanes)
        }
        let single = try answers(batch: 1)
        #expect(single.records.count == asked.count)
        #expect(try answers(batch: 16).records == single.records, "\(benchmark.rawValue)")
        let score = try folder.score(AnswerFile(Array(single.records.suffix(items.count))))
        #expect(score.score > 40, "\(benchmark.rawValue) \(score.score)")
      }
    }
  }

  /// Rules that look at a whole prompt choose the same rows of a question alone and beside others about its picture.
  @Test(arguments: ["prefill_skip", "prefill_image_skip"])
  func whatIsSkippedDoesNotDependOnTheBatch(rule: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: Self.package.appending(path: "models/pocket-gamma"), to: folder)
    let file = folder.appending(path: "config.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data(text.replacing("\"prefill_image_skip\": 0.55", with: "\"\(rule)\": 0.5").utf8).write(to: file)
    let session = try VisionLanguageSession(folder, threads: 1)
    #expect(session.model.routing?.rules.readsWholeSequence == (rule == "prefill_skip"))
    try Self.withWorld(count: 40) { world in
      let benchmark = try BenchmarkFolder(.pope, at: world)
      let items = try benchmark.items()
      // Eight questions about each of some pictures.
      let asked = items.prefix(5).flatMap { item in
        items.prefix(8).map { BenchmarkItem(id: $0.id, image: item.image, prompt: $0.prompt) }
      }
      let answers = try [1, 16].map { batch in
        var options = EvaluationRun.Options()
        (options.batch, options.maxTokens) = (batch, 8)
        return try EvaluationRun(options).answers(asked, of: .pope, sessions: [session]).records.map(\.text)
      }
      #expect(answers[0].count == 40 && answers[0] == answers[1])
      #expect(Set(answers[0]).count > 1)
    }
  }

  @Test func aRunContinuesAndChunksMerge() throws {
    let session = try Self.session("pocket-gamma", .asStored)
    try Self.withWorld(count: 20) { world in
      let folder = try BenchmarkFolder(.gqa, at: world)
      let identity = AnswerIdentity(modelID: "m", metadata: JSONObject([("max_tokens", 8)]))
      func answers(_ name: String, chunk: EvaluationChunk? = nil, limit: Int? = nil) throws -> AnswerFile {
        var options = EvaluationRun.Options()
        (options.chunk, options.limit, options.batch, options.maxTokens) = (chunk, limit, 3, 8)
        let run = EvaluationRun(options)
        let items = try run.items(folder)
        let log = try AnswerLog(world.appending(path: name), items: items, identity: identity)
        return try run.answers(items, of: .gqa, sessions: session.lanes, log: log)
      }
      let first = try answers("a.jsonl", limit: 7)
      #expect(first.records.count == 7)
      let whole = try answers("a.jsonl")
      #expect(whole.records.count == 20 && Array(whole.records.prefix(7)) == first.records)
      #expect(try AnswerFile(contentsOf: world.appending(path: "a.jsonl")).records == whole.records)
      let chunks = try (0..<3).map { index in
        let name = "3_\(index).jsonl"
        _ = try answers(name, chunk: EvaluationChunk(index, of: 3))
        return world.appending(path: name)
      }
      let merged = try AnswerFile(merging: chunks)
      #expect(merged.records.map(\.text) == whole.records.map(\.text))
      #expect(try folder.score(merged).score == folder.score(whole).score)
    }
  }

  @Test func gammaMoDCapsAnswersAndChangesQuestions() throws {
    #expect(Benchmark.gqa.maxTokens(.gammaMoD) == 6 && Benchmark.gqa.maxTokens(nil) == 128)
    #expect(Benchmark.scienceqa.maxTokens(.gammaMoD) == 1 && Benchmark.mmmu.maxTokens(.gammaMoD) == 1)
    #expect(Benchmark.mmVet.maxTokens(.gammaMoD) == 64 && Benchmark.mmbench.maxTokens(.gammaMoD) == 1024)
  }
}
