public import Foundation
import StrictJSON

/// A benchmark's files, laid out as their authors publish them.
public struct BenchmarkFolder: Sendable {
  public let benchmark: Benchmark
  public let url: URL

  /// Takes the benchmark's own folder, or a folder that holds one such folder per benchmark.
  /// - Throws: `EvaluationError` if there is no such folder.
  public init(_ benchmark: Benchmark, at url: URL) throws {
    self.benchmark = benchmark
    let inside = benchmark.folderNames.map { url.appending(path: $0) }.first(where: Self.isFolder)
    self.url = inside ?? url
    guard Self.isFolder(self.url) else {
      throw EvaluationError.file(
        path: url.path, problem: "there is no such folder",
        remedy: "give the folder of \(benchmark.rawValue) or one that holds it")
    }
  }

  /// The questions in the order of the official question file.
  /// - Parameter limit: only this many, from the start.
  /// - Throws: `EvaluationError` or `JSONError` if a file is missing or not as it should be.
  public func items(limit: Int? = nil) throws -> [EvaluationItem] {
    let items =
      switch benchmark {
      case .textvqa, .vqav2, .gqa, .pope, .mme, .mmVet, .seedBench, .vizwiz: try lineItems()
      case .scienceqa: try scienceQAItems()
      case .mmbench: try mmbenchItems()
      case .mmmu: try mmmuItems()
      }
    return limit.map { Array(items.prefix(max(0, $0))) } ?? items
  }

  /// Scores answers by the official rules.
  /// - Parameters:
  ///   - rules: one of `benchmark.protocols`, nil for the first of them.
  ///   - onlyAnswered: leave questions without an answer out instead of counting them as wrong (or refusing, where
  ///     the official script does), for runs over a part of the benchmark.
  /// - Throws: `EvaluationError` or `JSONError` if a file is missing or the answers do not fit the benchmark.
  public func score(
    _ answers: AnswerFile, rules: ScoringProtocol? = nil, onlyAnswered: Bool = false
  ) throws -> Score {
    let rules = rules ?? benchmark.protocols[0]
    guard benchmark.protocols.contains(rules) else {
      throw EvaluationError.unsupportedProtocol(rules, benchmark)
    }
    let task = ScoringTask(folder: self, answers: answers, rules: rules, onlyAnswered: onlyAnswered)
    return switch benchmark {
    case .textvqa: try task.scoreTextVQA()
    case .vqav2: try task.scoreVQAv2()
    case .gqa: try task.scoreGQA()
    case .scienceqa: try task.scoreScienceQA()
    case .pope: try task.scorePOPE()
    case .mme: try task.scoreMME()
    case .mmbench: try task.scoreMMBench()
    case .mmmu: try task.scoreMMMU()
    case .mmVet: try task.scoreMMVet()
    case .seedBench: try task.scoreSEEDBench()
    case .vizwiz: try task.scoreVizWiz()
    }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The first file that exists and whose name begins and ends like one of `patterns`.
  func file(_ patterns: (prefix: String, suffix: String)...) throws -> URL {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    for (prefix, suffix) in patterns {
      if let name = names.first(where: { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }) {
        return url.appending(path: name)
      }
    }
    let wanted = patterns.map { $0.prefix + "*" + $0.suffix }.joined(separator: " or ")
    throw EvaluationError.file(
      path: url.path, problem: "no file \(wanted) is there",
      remedy: "give the folder of \(benchmark.rawValue) or one that holds it")
  }

  /// Where a picture is, or where it should be if it is nowhere.
  func picture(_ name: String) -> EvaluationItem.Picture {
    let places = benchmark.imageFolders.map { url.appending(path: $0).appending(path: name) }
    return .file(places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[0])
  }

  /// All objects of a JSON Lines file.
  static func lines(_ url: URL) throws -> [JSONObject] {
    var reader = try JSONLinesReader(url)
    var objects: [JSONObject] = []
    while let object = try reader.readObject() { objects.append(object) }
    return objects
  }
}

/// Answers on their way to a score.
struct ScoringTask {
  let folder: BenchmarkFolder
  let answers: AnswerFile
  let rules: ScoringProtocol
  let onlyAnswered: Bool

  func result(_ score: Double, count: Int, _ details: JSONObject) -> Score {
    Score(benchmark: folder.benchmark, rules: rules, count: count, score: score, details: details)
  }

  /// Refuses to score nothing.
  func requireAnswers(_ count: Int) throws {
    guard count > 0 else {
      throw EvaluationError.answers(
        problem: "none of the \(answers.records.count) answers belongs to a question of \(folder.url.path)",
        remedy: "check that the answers are of this benchmark")
    }
  }
}
