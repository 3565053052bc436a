internal import Answering
internal import Benchmarks
internal import Evaluation
internal import Foundation
internal import Loading
internal import MixtureOfDepths
internal import PocketWorld

/// What all rows of a study share: the worlds they are judged and calibrated by, and the base model's ARank.
struct StudyMaterial: Sendable {
  /// Held-out questions, by the seeds of the study: each seed is judged by its own.
  let judging: [Int: [BenchmarkFolder]]
  /// Questions about training scenes.
  let samples: [BenchmarkItem]
  /// Held-out questions by which skipping is measured.
  let probes: [BenchmarkItem]
  let ranks: ARankReport

  /// Draws the worlds into `work`, unless they are there, and measures ARank.
  init(_ study: Study, work: URL, threads: Int) throws {
    judging = Dictionary(
      uniqueKeysWithValues: try study.seeds.map { seed in
        let world = try Self.world(work, .val, count: study.questions, seed: study.worldSeed + seed)
        return (seed, try Self.benchmarks(world))
      })
    samples = try Self.samples(study, .train, work: work)
    probes = try Self.samples(study, .val, work: work)
    ranks = try Self.ranks(study, samples: samples, threads: threads)
  }

  /// Questions for measurements, about scenes of either split.
  static func samples(_ study: Study, _ split: WorldSplit, work: URL) throws -> [BenchmarkItem] {
    let world = try world(work, split, count: study.samples, seed: study.worldSeed)
    return try QuestionSamples.read(world, count: study.samples)
  }

  /// ARank of the base model, by which layers are chosen.
  static func ranks(_ study: Study, samples: [BenchmarkItem], threads: Int) throws -> ARankReport {
    let session = try VisionLanguageSession(study.base, routing: .ignored, threads: threads)
    return try SampleReader(session).ranks(
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
