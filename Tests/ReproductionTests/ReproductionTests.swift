import Foundation
import StrictJSON
import Synchronization
import Testing

@testable import Reproduction

/// A study of a few steps and questions, from its file to its report.
@Suite struct ReproductionTests {
  private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appending(path: "gamma-mod-tests-" + UUID().uuidString)

  private func study(questions: Int = 2) throws -> Study {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = """
      {"base": "\(repository.path)/models/pocket", "dense_layers": 3, "seeds": [1, 2], "samples": 9,
       "questions": \(questions), "world_seed": 5,
       "training": {"steps": 2, "pictures_per_step": 2, "learning_rate": 0.0001},
       "rows": [
         {"name": "dense", "title": "dense"},
         {"name": "routed", "title": "routed", "layers": "arank", "skip": 0.5, "further_rules": ["official", "calibrated"]},
         {"name": "untuned", "title": "own routers", "layers": "every-second", "skip": 0.25, "routers": "layer",
          "protect": "none", "train": null},
         {"name": "pruned", "title": "pruned", "prune_after": 3, "skip": 0.5, "model_of": "dense"}],
       "tables": [{"title": "All", "rows": ["dense", "routed", "untuned", "pruned"]}],
       "findings": [{"claim": "Routing is dear", "row": "dense", "better_than": "routed"}]}
      """
    let url = folder.appending(path: "study.json")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
    return try Study(contentsOf: url)
  }

  @Test func rowsAreMadeOnceAndGoOn() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let (out, work) = (folder.appending(path: "out"), folder.appending(path: "work"))
    let lines = Mutex<[String]>([])
    func run(_ study: Study, stopAfter: Int = .max) throws -> Bool {
      lines.withLock { $0 = [] }
      return try Reproduction(study, out: out, work: work).run(
        jobs: 2, shouldStop: { lines.withLock { $0.count } >= stopAfter },
        report: { line in lines.withLock { $0.append(line) } })
    }
    #expect(try !run(study(), stopAfter: 1))
    let first = lines.withLock { $0.count }
    #expect(try run(study()))
    #expect(first + lines.withLock { $0.count } == 8)
    #expect(try run(study()))
    #expect(lines.withLock { $0.isEmpty })

    let study = try study()
    let routed = try #require(
      try RowRecord.read(out, row: "routed", seed: 1, settings: study.settings(of: study.rows[1], seed: 1)))
    #expect(routed.routedLayers.count == 9 && routed.judgements.count == 3 && routed.steps == 2)
    let trained = try #require(routed.judgement())
    #expect(trained.scores.count == 9)
    for layer in 0..<12 {
      #expect(trained.imageSkip[layer] == (routed.routedLayers.contains(layer) ? 0.5 : 0))
      #expect(trained.textSkip[layer] == 0)
    }
    let pruned = try #require(
      try RowRecord.read(out, row: "pruned", seed: 2, settings: study.settings(of: study.rows[3], seed: 2)))
    #expect(pruned.judgement()?.imageSkip == [0, 0, 0] + [Double](repeating: 0.5, count: 9))
    // Dropping and routing the same share behind as many layers is the same work but for the routers.
    let flops = try #require(pruned.judgement()?.flops)
    #expect(abs(trained.flops / flops - 1) < 0.01)

    // Other settings make other results.
    #expect(try run(self.study(questions: 3)))
    #expect(lines.withLock { $0.count } == 8)
    try Self.checkReport(study: self.study(questions: 3), out: out)
  }

  private static func checkReport(study: Study, out: URL) throws {
    let records = try Dictionary(
      uniqueKeysWithValues: study.rows.map { row in
        (
          row.name,
          try study.seeds.compactMap {
            try RowRecord.read(out, row: row.name, seed: $0, settings: study.settings(of: row, seed: $0))
          }
        )
      })
    try ReproductionReport(study: study, records: records, ranks: nil, costs: nil).write(to: out)
    let text = try String(contentsOf: out.appending(path: "README.md"), encoding: .utf8)
    for part in ["| `routed` | official |", "| `pruned` |", "Routing is dear", "textvqa"] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func unknownRowsAreRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let reproduction = Reproduction(try study(), out: folder, work: folder)
    #expect(throws: ReproductionError.self) {
      try reproduction.run(rows: ["nothing"], jobs: 1, shouldStop: { false }, report: { _ in })
    }
  }
}
