internal import Evaluation
internal import Foundation
internal import Generation
internal import MixtureOfDepths
internal import PocketWorld

/// What all rows of a study share: the worlds they are judged and calibrated by, and the base model's ARank.
struct StudyMaterial: Sendable {
  /// Held-out questions, by the seeds of the study: each seed is judged by its own.
  let judging: [Int: [BenchmarkFolder]]
  /// Questions about training scenes.
  let samples: [EvaluationItem]
  /// Held-out questions by which skipping is measured.
  let probes: [EvaluationItem]
  let ranks: ARankReport

  /// Draws the worlds into `work`, unless they are there, and measures ARank.
  init(_ study: Study, work: URL, threads: Int) throws {
    judging = Dictionary(
      uniqueKeysWithValues: try study.seeds.map { seed in
        let world = try Self.world(work, .val, count: study.questions, seed: study.worldSeed + seed)
        return (seed, try Self.benchmarks(world))
      })
    let heldOut = try Self.world(work, .val, count: study.samples, seed: study.worldSeed)
    let training = try Self.world(work, .train, count: study.samples, seed: study.worldSeed)
    samples = try QuestionSamples.read(training, count: study.samples)
    probes = try QuestionSamples.read(heldOut, count: study.samples)
    let session = try VisionLanguageSession(study.base, routing: .ignored, threads: threads)
    ranks = try SampleReader(session).ranks(
      samples, model: study.base.relativePath, data: "training scenes, seed \(study.worldSeed)")
  }

  private static func benchmarks(_ world: URL) throws -> [BenchmarkFolder] {
    try QuestionKind.allCases.map {
      guard let benchmark = Benchmark(rawValue: $0.benchmark) else {
        throw ReproductionError(
          "the world asks in the manner of \($0.benchmark), which is no known benchmark")
      }
      return try BenchmarkFolder(benchmark, at: world)
    }
  }

  /// The folder of a world, written if it is not there.
  static func world(_ work: URL, _ split: WorldSplit, count: Int, seed: Int) throws -> URL {
    let folder = work.appending(path: "worlds").appending(path: "\(split.rawValue)-\(count)-\(seed)")
    guard !FileManager.default.fileExists(atPath: folder.appending(path: "world.json").path) else {
      return folder
    }
    try FileManager.default.createDirectory(
      at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
    try WorldWriter.write(to: folder, split: split, count: count, seed: UInt64(seed))
    return folder
  }
}
