internal import Answering
internal import Benchmarks
internal import Evaluation
internal import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Plotting
internal import PocketWorld
internal import StrictJSON
internal import Wording

/// How ARank depends on the task and on the number of samples (the paper's Fig. 3).
struct RankStudy {
  struct Measurement {
    let name: String
    let samples: Int
    /// ARank of each layer, of maps with a zero diagonal as in the released code.
    let ranks: [Double]
  }

  /// One for each kind of question, then one for each number of samples of mixed kinds, from few to many.
  let byTask: [Measurement]
  let bySize: [Measurement]

  private static let taskSamples = 50
  private static let sizes = [5, 10, 25, 50, 100, 200, 400]

  private static func file(_ out: URL) -> URL { out.appending(path: "arank.json") }

  private static func settings(_ study: Study) -> JSONObject {
    JSONObject([("base", JSONValue(study.base.relativePath)), ("world_seed", JSONValue(study.worldSeed))])
  }

  /// What an earlier call has measured; nil if nothing of these settings.
  init?(_ study: Study, storedIn out: URL) throws {
    guard let json = try StoredResult.read(Self.file(out), settings: Self.settings(study)) else { return nil }
    byTask = try json.objects("by_task").map(Measurement.init)
    bySize = try json.objects("by_size").map(Measurement.init)
  }

  /// Measures the dense model.
  init(_ study: Study, out: URL, work: URL, threads: Int) throws {
    let world = try StudyMaterial.world(work, .train, count: Self.taskSamples, seed: study.worldSeed)
    let session = try VisionLanguageSession(study.base, routing: .ignored, threads: threads)
    func measure(_ name: String, _ items: [BenchmarkItem]) throws -> Measurement {
      let report = try SampleReader(session).ranks(items, model: study.base.relativePath, data: name)
      return Measurement(name: name, samples: items.count, ranks: report.strictLower)
    }
    byTask = try QuestionKind.allCases.map { kind in
      let folder = world.appending(path: kind.benchmark)
      return try measure(kind.benchmark, try QuestionSamples.read(folder, count: Self.taskSamples))
    }
    let mixed = try QuestionSamples.read(world, count: Self.sizes.max() ?? 1)
    bySize = try Self.sizes.filter { $0 <= mixed.count }.map { size in
      // The samples of one size come behind those of the smaller ones, as far as there are enough.
      let first = min(Self.sizes.filter { $0 < size }.reduce(0, +), mixed.count - size)
      return try measure("\(size) mixed", Array(mixed[first..<first + size]))
    }
    let json = JSONObject([
      ("settings", .object(Self.settings(study))), ("by_task", .array(byTask.map { .object($0.json) })),
      ("by_size", .array(bySize.map { .object($0.json) })),
    ])
    try StoredResult.write(json, to: Self.file(out))
  }

  /// The measurement with the most samples, by which the others are judged.
  var reference: Measurement? { bySize.last }

  var svg: String {
    HeatMap(
      title: "ARank by layer, task and number of samples",
      subtitle: "maps with a zero diagonal; \(counted(Self.taskSamples, "sample")) for each task",
      unit: "mean rank",
      columns: (byTask + bySize).map { HeatMap.Column($0.name, $0.ranks) }, decimals: 1
    ).svg
  }
}

extension RankStudy.Measurement {
  init(_ json: JSONObject) throws {
    name = try json.string("name")
    samples = try json.int("samples")
    ranks = try json.doubles("arank")
  }

  var json: JSONObject {
    JSONObject([("name", JSONValue(name)), ("samples", JSONValue(samples)), ("arank", JSONValue(ranks))])
  }

  /// The layers of the highest ARank.
  func highest(_ count: Int) -> Set<Int> {
    Set(ranks.indices.sorted { (ranks[$1], $0) < (ranks[$0], $1) }.prefix(count))
  }

  /// Spearman's correlation of the layers' order with another measurement's.
  func correlation(with other: RankStudy.Measurement) -> Double {
    let (own, their) = (Self.places(ranks), Self.places(other.ranks))
    let count = Double(ranks.count)
    let squares = zip(own, their).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return count > 1 ? 1 - 6 * squares / (count * (count * count - 1)) : 1
  }

  /// The place of each value in their order; ties do not occur among means of ranks.
  private static func places(_ values: [Double]) -> [Double] {
    var places = [Double](repeating: 0, count: values.count)
    for (place, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
      places[index] = Double(place)
    }
    return places
  }
}
