import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

/// Files in the official formats with scores by the official scripts.
enum Fixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/benchmarks")

  static func object(_ path: String) throws -> JSONObject {
    try JSONObject.read(contentsOf: folder.appending(path: path))
  }

  static func array(_ path: String) throws -> [JSONObject] {
    try #require(try JSONValue.read(contentsOf: folder.appending(path: path)).array).compactMap(\.object)
  }

  static func score(
    _ benchmark: Benchmark, _ answers: String, rules: ScoringProtocol? = nil
  ) throws -> Score {
    try BenchmarkFolder(benchmark, at: folder)
      .score(try AnswerFile(contentsOf: folder.appending(path: answers)), ScoringOptions(rules: rules))
  }
}

extension Score {
  func number(_ path: String...) throws -> Double {
    var value = JSONValue.object(details)
    for key in path { value = try #require(value.object?[key]) }
    return try #require(value.double)
  }
}

func isClose(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-9 }
