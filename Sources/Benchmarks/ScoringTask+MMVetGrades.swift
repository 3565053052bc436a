internal import Foundation
internal import StrictJSON

extension ScoringTask {
  /// MM-Vet by the grades of a judge: means by capability and by combination, rounded to one decimal as officially.
  ///
  /// The official evaluator's file maps ids to `{"score": [grade of run 1, …]}`.
  func scoreMMVetByGrades() throws -> Score {
    guard let url = options.grades else {
      throw BenchmarkError.noTruth(
        path: folder.url.path, problem: "MM-Vet is graded by a judge, and no grades are given",
        remedy:
          "let the official evaluator grade the file that --submission writes and give its grades with --grades"
      )
    }
    let (items, grades) = (try mmVetQuestions(), try Self.grades(url))
    var sums = GradeSums(runs: grades.runs)
    var (count, missing) = (0, [String]())
    for (id, value) in items {
      guard let item = value.object else { continue }
      guard let scores = grades.scores[id] else {
        guard onlyAnswered || isLenient else {
          throw BenchmarkError.file(
            path: url.path, problem: "there is no grade for \(id)", remedy: "let the judge grade all answers")
        }
        missing.append(id)
        if !onlyAnswered {
          sums.add([Double](repeating: 0, count: grades.runs), try item.strings("capability"))
        }
        continue
      }
      sums.add(scores, try item.strings("capability"))
      count += 1
    }
    guard count > 0 else {
      throw BenchmarkError.file(
        path: url.path, problem: "none of the grades belongs to a question of \(folder.url.path)",
        remedy: "give grades of this benchmark's answers")
    }
    var details = sums.json
    if !onlyAnswered { note("missing_grades", missing, in: &details) }
    return result(sums.total, count: sums.count, details)
  }

  /// Grades by id, and how many runs there are.
  private static func grades(_ url: URL) throws -> (scores: [String: [Double]], runs: Int) {
    var scores: [String: [Double]] = [:]
    for (id, value) in try JSONObject.read(contentsOf: url) {
      guard let entry = value.object else {
        throw BenchmarkError.file(
          path: url.path, problem: "the entry \(id) is no object with a score",
          remedy: "give the official evaluator's file of grades")
      }
      scores[key(id, .mmVet)] = try entry.doubles("score")
    }
    let runs = Set(scores.values.map(\.count))
    guard runs.count == 1, let count = runs.first, count > 0 else {
      throw BenchmarkError.file(
        path: url.path, problem: "the questions have different numbers of grades, or none",
        remedy: "let the judge grade every answer in every run")
    }
    return (scores, count)
  }
}

/// Sums of grades by capability and by combination of capabilities, one per run of the judge.
private struct GradeSums {
  private let runs: Int
  private(set) var count = 0
  private var all: [Double]
  private var capabilities: [(name: String, sums: [Double], count: Int)] = []
  private var combinations: [(name: String, sums: [Double], count: Int)] = []

  init(runs: Int) {
    self.runs = runs
    all = [Double](repeating: 0, count: runs)
  }

  mutating func add(_ grades: [Double], _ names: [String]) {
    let names = Set(names).sorted()
    for name in names { Self.add(grades, name, to: &capabilities) }
    Self.add(grades, names.joined(separator: "_"), to: &combinations)
    all = zip(all, grades).map { $0 + $1 }
    count += 1
  }

  private static func add(
    _ grades: [Double], _ name: String, to list: inout [(name: String, sums: [Double], count: Int)]
  ) {
    if let place = list.firstIndex(where: { $0.name == name }) {
      list[place].sums = zip(list[place].sums, grades).map { $0 + $1 }
      list[place].count += 1
    } else {
      list.append((name, grades, 1))
    }
  }

  /// Rounded as numpy does: scaled, to the nearest, and to even in the middle.
  private static func rounded(_ value: Double) -> Double {
    (value * 10).rounded(.toNearestOrEven) / 10
  }

  private func percents(_ sums: [Double], _ count: Int) -> [Double] { sums.map { $0 / Double(count) * 100 } }

  private func mean(_ sums: [Double], _ count: Int) -> Double {
    percents(sums, count).reduce(0, +) / Double(runs)
  }

  var total: Double { Self.rounded(mean(all, count)) }

  var json: JSONObject {
    let totals = percents(all, count)
    let average = mean(all, count)
    let variance = totals.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(runs)
    let ends: [(String, JSONValue)] = [
      ("total", JSONValue(total)), ("std", JSONValue(Self.rounded(variance.squareRoot()))),
      ("runs", JSONValue(totals.map(Self.rounded))),
    ]
    func table(_ list: [(name: String, sums: [Double], count: Int)]) -> JSONValue {
      .object(JSONObject(list.map { ($0.name, JSONValue(Self.rounded(mean($0.sums, $0.count)))) } + ends))
    }
    return JSONObject([("capability", table(capabilities)), ("integration", table(combinations))])
  }
}
