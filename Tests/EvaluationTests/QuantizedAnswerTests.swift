import Answering
import Benchmarks
import Evaluation
import Foundation
import Loading
import PocketWorld
import Tensors
import Testing

/// Models of 8 and 4 bits answer as they do with all their bits, but for few questions.
@Suite struct QuantizedAnswerTests {
  private static let models = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "models")

  @Test(arguments: [
    ("pocket", WeightPrecision.int8), ("pocket-gamma", .int8), ("pocket", .int4), ("pocket-gamma", .int4),
  ]) func answersStayTheSame(_ model: String, _ precision: WeightPrecision) throws {
    let world = FileManager.default.temporaryDirectory.appending(path: "world-\(UUID())")
    defer { try? FileManager.default.removeItem(at: world) }
    try WorldWriter.write(to: world, split: .val, count: 30, seed: 3)
    func answers(_ precision: WeightPrecision?) throws -> [String] {
      let session = try VisionLanguageSession(
        Self.models.appending(path: model), precision: precision, threads: 1)
      return try QuestionKind.allCases.flatMap { kind -> [String] in
        let benchmark = try #require(Benchmark(rawValue: kind.benchmark))
        var options = EvaluationRun.Options()
        (options.batch, options.maxTokens) = (8, 12)
        let items = try BenchmarkFolder(benchmark, at: world).items()
        return try EvaluationRun(options).answers(items, of: benchmark, sessions: [session]).records.map(
          \.text)
      }
    }
    let (exact, rounded) = try (answers(.float32), answers(precision))
    let equal = zip(exact, rounded).count { $0 == $1 }
    #expect(exact.count >= 270 && exact.count == rounded.count)
    #expect(Double(equal) >= 0.97 * Double(exact.count), "\(equal) of \(exact.count)")
    print("\(model), \(precision): \(equal) of \(exact.count) answers are the same")
  }
}
