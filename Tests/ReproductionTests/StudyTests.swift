import Foundation
import StrictJSON
import Testing

@testable import Reproduction

/// Study files, verdicts and plots.
@Suite struct StudyTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func study(_ change: (inout JSONObject) -> Void = { _ in }) throws -> Study {
    let url = Self.repository.appending(path: "training/reproduction/study.json")
    var json = try JSONObject.read(contentsOf: url)
    change(&json)
    let copy = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: copy) }
    try JSONValue.object(json).text().write(to: copy, atomically: true, encoding: .utf8)
    return try Study(contentsOf: copy)
  }

  @Test func theShippedStudyIsWhole() throws {
    let study = try study()
    #expect(study.seeds.count == 3 && study.questions * study.seeds.count >= 1000)
    let shown = Set(study.tables.flatMap(\.rows))
    #expect(study.rows.allSatisfy { shown.contains($0.name) })
  }

  @Test func faultsAreNamed() throws {
    let row = JSONValue.object(JSONObject([("name", "a"), ("title", "a"), ("layers", "some")]))
    let cases: [(String, JSONValue)] = [
      ("seeds", []), ("seeds", [1, 1]), ("questions", 0), ("rows", [row]),
      ("rows", [["name": "a/b", "title": "a"]]), ("rows", [["name": "a", "title": "a", "skip": 2]]),
      ("rows", [["name": "a", "title": "a", "what": 2]]),
      ("rows", [["name": "a", "title": "a", "paper": [1]]]),
      ("rows", [["name": "a", "title": "a", "model_of": "b"]]),
      ("tables", [["title": "t", "rows": ["nothing"]]]),
      ("findings", [["claim": "c", "row": "dense", "better_than": "nothing"]]),
    ]
    for (key, value) in cases {
      #expect(throws: JSONError.self, "\(key)") { try study { $0[key] = value } }
    }
  }

  @Test func claimsAreDecidedByPairs() throws {
    func verdict(_ json: JSONObject, _ first: [Double], _ second: [Double]) throws -> Finding.Verdict {
      let margin = try Finding(json).margin(first, second)
      return Finding.verdict(margin, probability: StudentT.probability(margin))
    }
    let better: JSONObject = JSONObject([("claim", "c"), ("row", "a"), ("better_than", "b")])
    // Seeds differ by more than rows do, and pairs tell rows apart all the same.
    #expect(try verdict(better, [91, 81, 71], [90, 80.2, 69.9]) == .confirmed)
    #expect(try verdict(better, [90, 80.2, 69.9], [91, 81, 71]) == .refuted)
    #expect(try verdict(better, [91, 80, 72], [90, 81, 71]) == .open)
    #expect(try verdict(better, [91], [90]) == .open)
    // Two and a half standard errors are not enough with three seeds.
    #expect(try verdict(better, [91, 81.5, 70.2], [90, 80.2, 69.9]) == .open)
    let most = JSONObject([("claim", "c"), ("row", "a"), ("against", "b"), ("loses_at_most", 0.015)])
    #expect(try verdict(most, [89.5, 89.4, 89.6], [90, 90, 90]) == .confirmed)
    #expect(try verdict(most, [88.0, 87.9, 88.1], [90, 90, 90]) == .refuted)
    let least = JSONObject([("claim", "c"), ("row", "a"), ("against", "b"), ("loses_at_least", 0.03)])
    #expect(try verdict(least, [80, 81, 80], [90, 90, 90]) == .confirmed)
    #expect(try verdict(least, [89, 89.1, 89], [90, 90, 90]) == .refuted)
  }

  /// Against tables of Student's distribution and values of R's `pt` and `p.adjust`.
  @Test func probabilitiesAreStudents() {
    let table: [(t: Double, count: Int, p: Double)] = [
      (12.7062047361747, 1, 0.05), (4.30265272974946, 2, 0.05), (3.18244630528371, 3, 0.05),
      (2.77644510519779, 4, 0.05), (2.57058183563632, 5, 0.05), (2.22813885198627, 10, 0.05),
      (9.92484320091829, 2, 0.01), (2, 2, 0.183503419072274), (0, 2, 1), (0, 3, 1),
    ]
    for (t, count, p) in table {
      #expect(abs(StudentT.probability(t, degreesOfFreedom: count) - p) < 1e-12, "t = \(t), \(count)")
    }
    #expect(StudentT.probability(Spread([1, 1, 1])) == 0 && StudentT.probability(Spread([0, 0])) == 1)
    #expect(StudentT.probability(Spread([1])) == nil)
    let adjusted = StudentT.adjusted([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
      #expect(abs(value - expected) < 1e-12)
    }
    #expect(StudentT.adjusted([0.6, 0.7]) == [1, 1])
  }

  @Test func spreadsAreThoseOfSamples() {
    let spread = Spread([1, 2, 3, 6])
    #expect(spread.mean == 3)
    #expect(abs(spread.deviation - 2.160246899) < 1e-9)
    #expect(abs(spread.standardError - 1.080123449) < 1e-9)
    #expect(Spread([2.04]).text == "2.0" && Spread([1, 3]).text == "2.0 ± 1.4")
  }

  @Test func correlationsCompareOrders() throws {
    func measurement(_ ranks: [Double]) -> RankStudy.Measurement {
      RankStudy.Measurement(name: "m", samples: 1, ranks: ranks)
    }
    let one = measurement([1, 5, 2, 9])
    #expect(one.correlation(with: measurement([10, 30, 20, 40])) == 1)
    #expect(one.correlation(with: measurement([4, 2, 3, 1])) == -1)
    #expect(abs(one.correlation(with: measurement([2, 5, 1, 9])) - 0.8) < 1e-12)
    #expect(one.highest(2) == [1, 3])
    #expect(try RankStudy.Measurement(one.json).ranks == one.ranks)
  }
}
