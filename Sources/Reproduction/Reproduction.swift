internal import Dispatch
package import Foundation
internal import Synchronization

/// Runs a study.
package struct Reproduction: Sendable {
  private let study: Study
  private let out: URL
  private let work: URL

  /// - Parameters:
  ///   - out: Where results and the report go.
  ///   - work: Where worlds, models and training states lie; may be deleted afterwards.
  package init(_ study: Study, out: URL, work: URL) {
    self.study = study
    self.out = out
    self.work = work
  }

  /// Trains and judges the rows whose results are not there yet.
  /// - Parameters:
  ///   - names: Only these rows; nil for all.
  ///   - jobs: How many rows are worked on side by side, each by one thread.
  ///   - shouldStop: True ends the work; what is complete stays, and trainings go on from where they are.
  ///   - report: Receives a line for each row that is done.
  /// - Returns: Whether all that was asked for is there.
  package func run(
    rows names: [String]? = nil, seeds: [Int]? = nil, jobs: Int, shouldStop: @escaping @Sendable () -> Bool,
    report: @escaping @Sendable (String) -> Void
  ) throws -> Bool {
    if let unknown = names?.first(where: { name in !study.rows.contains { $0.name == name } }) {
      throw ReproductionError(
        "the study has no row \"\(unknown)\"; its rows are \(study.rows.map(\.name).joined(separator: ", "))")
    }
    let wanted = study.rows.filter { names?.contains($0.name) ?? true }
    let seeds = study.seeds.filter { seeds?.contains($0) ?? true }
    let missing = try seeds.flatMap { seed in
      try wanted.filter { row in
        try RowRecord.read(out, row: row.name, seed: seed, settings: study.settings(of: row, seed: seed))
          == nil
      }.map { (row: $0, seed: seed) }
    }
    guard !missing.isEmpty else { return true }
    let material = try StudyMaterial(study, work: work, threads: jobs)
    // Rows that take another's models come when those are there.
    for isDependent in [false, true] {
      let tasks = missing.filter { ($0.row.modelOf != nil) == isDependent }
      let next = Atomic(0)
      let done = Atomic(0)
      let failure = Mutex((any Error)?.none)
      DispatchQueue.concurrentPerform(iterations: min(max(1, jobs), max(1, tasks.count))) { _ in
        while !shouldStop(), failure.withLock({ $0 == nil }) {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < tasks.count else { return }
          let (row, seed) = tasks[index]
          let run = RowRun(
            study: study, row: row, seed: seed, material: material, work: work, shouldStop: shouldStop)
          do {
            guard let record = try run.record() else { return }
            try record.write(to: out)
            let count = done.wrappingAdd(1, ordering: .relaxed).newValue
            let mean = record.judgements.first?.mean ?? 0
            report("[\(count)/\(tasks.count)] \(row.name), seed \(seed): " + String(format: "%.2f %%", mean))
          } catch {
            failure.withLock { $0 = $0 ?? error }
          }
        }
      }
      if let error = failure.withLock({ $0 }) { throw error }
      if shouldStop() { return false }
    }
    return true
  }

  /// Measures ARank over tasks and sample sizes and what training and answering cost, unless that is there.
  package func measure(threads: Int, report: (String) -> Void) throws {
    if try RankStudy(study, storedIn: out) == nil {
      _ = try RankStudy(study, out: out, work: work, threads: threads)
    }
    if try CostStudy(study, storedIn: out) == nil {
      _ = try CostStudy(study, out: out, work: work, report: report)
    }
  }

  /// Writes the report about all results that are there.
  package func writeReport() throws {
    var records: [String: [RowRecord]] = [:]
    for row in study.rows {
      let found = try study.seeds.compactMap { seed in
        try RowRecord.read(out, row: row.name, seed: seed, settings: study.settings(of: row, seed: seed))
      }
      if !found.isEmpty { records[row.name] = found }
    }
    try ReproductionReport(
      study: study, records: records, ranks: RankStudy(study, storedIn: out),
      costs: CostStudy(study, storedIn: out)
    ).write(to: out)
  }
}
