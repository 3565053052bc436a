package import Foundation
internal import StrictJSON

/// A study as its JSON file describes it: rows that are trained alike and differ in one thing, and how they are judged.
package struct Study: Sendable {
  /// The dense model that every row starts from.
  let base: URL
  /// Keys of a run file that all rows share; rows may override some.
  let training: JSONObject
  /// Each row is trained once per seed, which decides its pictures and its router's first values.
  package let seeds: [Int]
  /// How many layers keep the highest ARank where a row leaves them dense.
  let denseLayers: Int
  /// Questions by which ARank is measured, routers are fitted and thresholds are calibrated; of training scenes.
  let samples: Int
  /// Questions of each benchmark by which a row is judged with one seed; of held-out scenes.
  let questions: Int
  /// Scenes of judging follow from it and the row's seed, so that every seed is judged by questions of its own.
  let worldSeed: Int
  package let rows: [StudyRow]
  let tables: [StudyTable]
  let findings: [Finding]

  /// - Throws: `JSONError` naming the key and what it should be.
  package init(contentsOf url: URL) throws {
    let json = try JSONObject.read(contentsOf: url)
    base = URL(fileURLWithPath: try json.string("base"))
    training = try json.object("training")
    seeds = try json.ints("seeds")
    denseLayers = try json.int("dense_layers")
    samples = try json.int("samples")
    questions = try json.int("questions")
    worldSeed = try json.int("world_seed")
    rows = try json.objects("rows").map(StudyRow.init)
    tables = try json.objects("tables").map(StudyTable.init)
    findings = try json.objects("findings").map(Finding.init)
    guard !seeds.isEmpty, Set(seeds).count == seeds.count, seeds.allSatisfy({ (0...1 << 32).contains($0) })
    else {
      throw json.error(at: "seeds", "different numbers from 0 to 2^32 are needed")
    }
    guard samples > 0, questions > 0, denseLayers >= 0, (0...1 << 32).contains(worldSeed) else {
      throw json.error(at: "questions", "samples and questions must be at least 1, other counts not negative")
    }
    let names = rows.map(\.name)
    guard Set(names).count == names.count else { throw json.error(at: "rows", "two rows have the same name") }
    let referred =
      rows.compactMap(\.modelOf) + tables.flatMap(\.rows)
      + findings.flatMap { [$0.row, $0.other] }
    if let unknown = referred.first(where: { !names.contains($0) }) {
      throw json.error(at: "rows", "\"\(unknown)\" is referred to and is no row's name")
    }
  }

  /// What decides a row's result; a stored result with other settings is made anew.
  func settings(of row: StudyRow, seed: Int) -> JSONObject {
    JSONObject([
      ("base", JSONValue(base.relativePath)), ("training", .object(training)), ("seed", JSONValue(seed)),
      ("dense_layers", JSONValue(denseLayers)), ("samples", JSONValue(samples)),
      ("questions", JSONValue(questions)), ("world_seed", JSONValue(worldSeed)),
      ("row", .object(row.settings)),
    ])
  }
}

/// Rows that a reader should compare.
struct StudyTable: Sendable {
  let title: String
  /// What stands below the table; nil for nothing.
  let note: String?
  let rows: [String]

  init(_ json: JSONObject) throws {
    title = try json.string("title")
    note = try json.optionalString("note")
    rows = try json.strings("rows")
  }
}
