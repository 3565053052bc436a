internal import Files
internal import Foundation
internal import MixtureOfDepths
internal import Plotting
internal import StrictJSON
internal import Wording

/// Writes what a study found: tables with the paper's numbers beside ours, plots, and a verdict on each claim.
struct ReproductionReport {
  let study: Study
  /// Results by row, ascending by seed; rows without any are left out.
  let records: [String: [RowRecord]]
  let ranks: RankStudy?
  let costs: CostStudy?

  /// Writes `README.md` and the plots beside it.
  func write(to out: URL) throws {
    var parts = [introduction, findings]
    for table in study.tables { parts.append(self.table(table)) }
    parts.append(rulesTable)
    parts.append(benchmarkTable)
    if let plot = skipPlot {
      try AtomicFile.write(plot.svg, to: out.appending(path: "skip.svg"))
      parts.append(
        "## Accuracy against skipping\n\n![accuracy against the share of work that is skipped](skip.svg)")
    }
    if let map = depthMap {
      try AtomicFile.write(map.svg, to: out.appending(path: "depth.svg"))
      parts.append(
        """
        ## What is skipped at which depth (the paper's Fig. 4)

        Shares of image rows (i) and text rows (t) that each layer skips of held-out prompts, by the rule: the trained \
        one, the official p > 0.005, and a calibrated threshold.

        ![skipped shares by layer](depth.svg)
        """)
    }
    if let ranks {
      try AtomicFile.write(ranks.svg, to: out.appending(path: "arank.svg"))
      parts.append(rankSection(ranks))
    }
    if let costs { parts.append(costSection(costs)) }
    try AtomicFile.write(parts.joined(separator: "\n\n") + "\n", to: out.appending(path: "README.md"))
  }

  // MARK: Text

  private var introduction: String {
    """
    # γ-MoD's study, repeated at pocket scale

    Written by `gamma-mod reproduce`; the raw results are in `rows/`, `arank.json` and `costs.json`, the settings in \
    `training/reproduction/study.json`. Every row starts from `\(study.base.relativePath)` and is tuned for \
    \(counted(study.training["steps"]?.int ?? 0, "step")) (unless its title says otherwise) of \
    \(counted(study.training["pictures_per_step"]?.int ?? 0, "picture")) on the same pictures in the same order, once for each of \
    \(study.seeds.count) seeds. A seed also decides the router's first values and the \(study.questions) held-out \
    questions of each of the nine benchmarks by which its rows are judged, \(study.questions * study.seeds.count) of \
    each kind in all. Accuracy is the mean of the nine official scores in percent, ± the standard deviation over \
    seeds. Skipped is the share of image rows that routed layers skip; work is the decoder's, over a prompt, as a share \
    of the dense model's. The paper's columns are its accuracy and skipped share (arXiv 2410.13859, table 1: LLaVA-HR 7B, \
    mean of four benchmarks).\(unfinished)
    """
  }

  /// A sentence about results that are not there yet; empty if all are.
  private var unfinished: String {
    let wanted = study.rows.count * study.seeds.count
    let there = records.values.reduce(0) { $0 + $1.count }
    guard there < wanted else { return "" }
    return
      "\n\n**\(there) of \(wanted) results are there**; `gamma-mod reproduce` makes the others. Rows with fewer than "
      + "\(study.seeds.count) seeds are provisional, and claims about them are not decided here."
  }

  private var findings: String {
    let judged = study.findings.compactMap { finding -> (finding: Finding, margin: Spread, p: Double)? in
      let (first, second) = (accuracies(finding.row), accuracies(finding.other))
      guard first.count == study.seeds.count, second.count == study.seeds.count else { return nil }
      let margin = finding.margin(first, second)
      return StudentT.probability(margin).map { (finding, margin, $0) }
    }
    let adjusted = StudentT.adjusted(judged.map(\.p))
    let level = String(format: "%g", Finding.level)
    var lines = [
      "## What the paper found, and what is found here", "",
      "Points: how far the row is ahead of what the claim asks for, in the mean over \(study.seeds.count) seeds, ± its "
        + "standard error; each seed's pair saw the same pictures and was asked the same questions. p: Student's t test of "
        + "that mean, two-sided, \(study.seeds.count - 1) degrees of freedom. \(judged.count) claims are judged at once, so "
        + "a claim is decided where p stays below \(level) after Holm's correction (p of all). Where only p by itself is "
        + "below, the claim is not decided, and the verdict that it would have alone is named. The test knows the seeds' "
        + "scatter alone: with as few as \(study.seeds.count) it decides only what is far from zero.",
      "", "| claim | points | p | p of all | here |", "|---|---|---|---|---|",
    ]
    for ((finding, margin, p), ofAll) in zip(judged, adjusted) {
      let (alone, verdict) = (
        Finding.verdict(margin, probability: p), Finding.verdict(margin, probability: ofAll)
      )
      let note = verdict == .open && alone != .open ? " (alone: \(alone.rawValue))" : ""
      lines.append(
        "| \(finding.claim): `\(finding.row)` and `\(finding.other)` | "
          + String(format: "%+.2f ± %.2f | %.2g | %.2g", margin.mean, margin.standardError, p, ofAll)
          + " | \(verdict.rawValue)\(note) |")
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ table: StudyTable) -> String {
    var lines = [
      "## \(table.title)", "",
      "| row | what | accuracy | seeds | skipped | work | steps | paper: accuracy | skipped |",
      "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in table.rows {
      guard let row = study.rows.first(where: { $0.name == name }), let records = records[name] else {
        continue
      }
      let paper = row.paper.map { String(format: "%.1f | %.1f", $0.accuracy, $0.skip) } ?? "– | –"
      lines.append(
        "| `\(name)` | \(row.title) | \(accuracy(records, .trained)) | \(records.count) | "
          + "\(skipped(records, .trained)) | \(work(records, .trained)) | \(records.first?.steps ?? 0) | \(paper) |"
      )
    }
    if let note = table.note { lines += ["", note] }
    return lines.joined(separator: "\n")
  }

  /// Rows that were judged by several rules.
  private var rulesTable: String {
    var lines = [
      "## Training by top-k, answering by a threshold", "",
      "The paper trains with the best k rows and answers with those of p > 0.005. Here the same models answer by the "
        + "share that they were trained with, by the official rule, and by a threshold that was calibrated to skip the "
        + "trained share of the image rows in 50 prompts of training scenes.",
      "", "| row | rule | accuracy | image rows skipped | text rows skipped | work |",
      "|---|---|---|---|---|---|",
    ]
    for row in study.rows where !row.furtherRules.isEmpty {
      guard let records = records[row.name] else { continue }
      for rule in [.trained] + row.furtherRules {
        lines.append(
          "| `\(row.name)` | \(rule.rawValue) | \(accuracy(records, rule)) | \(skipped(records, rule)) | "
            + "\(skipped(records, rule, ofText: true)) | \(work(records, rule)) |")
      }
    }
    return lines.joined(separator: "\n")
  }

  private var benchmarkTable: String {
    let benchmarks = records.values.first?.first?.judgement()?.scores.map(\.benchmark) ?? []
    var lines = [
      "## By benchmark", "", "| row | " + benchmarks.joined(separator: " | ") + " | mean |",
      "|---" + String(repeating: "|---", count: benchmarks.count + 1) + "|",
    ]
    for row in study.rows {
      guard let records = records[row.name] else { continue }
      let scores = benchmarks.map { benchmark in
        Spread(
          records.compactMap { $0.judgement()?.scores.first { $0.benchmark == benchmark }?.score }
        ).text
      }
      lines.append("| `\(row.name)` | \(scores.joined(separator: " | ")) | \(accuracy(records, .trained)) |")
    }
    return lines.joined(separator: "\n")
  }

  private func rankSection(_ ranks: RankStudy) -> String {
    var lines = [
      "## ARank over tasks and sample sizes (the paper's Fig. 3)", "", "![ARank](arank.svg)", "",
      "Spearman's correlation of the layers' order with that of \(counted(ranks.reference?.samples ?? 0, "question")) of mixed kinds, and "
        + "the \(counted(study.denseLayers, "layer")) that would stay dense.",
      "", "| measured over | correlation | stay dense |", "|---|---|---|",
    ]
    for measurement in ranks.byTask + ranks.bySize {
      let highest = measurement.highest(study.denseLayers).sorted().map(String.init).joined(separator: ", ")
      let correlation = ranks.reference.map { measurement.correlation(with: $0) } ?? 1
      lines.append("| \(measurement.name) | \(String(format: "%.3f", correlation)) | \(highest) |")
    }
    return lines.joined(separator: "\n")
  }

  private func costSection(_ costs: CostStudy) -> String {
    guard let dense = costs.sides.first else { return "" }
    func percent(_ part: Double, _ all: Double) -> String {
      String(format: "%+.1f %%", (part / all - 1) * 100)
    }
    func row(_ name: String, _ format: String, _ value: (CostStudy.Side) -> Double) -> String {
      let cells = costs.sides.map { side in
        String(format: format, value(side))
          + (side.skip > 0 ? " (\(percent(value(side), value(dense))))" : "")
      }
      return "| \(name) | \(cells.joined(separator: " | ")) |"
    }
    let heads = costs.sides.map { $0.skip > 0 ? "\(Int($0.skip * 100)) % skipped" : "dense" }
    let load = costs.foreignLoad.map { String(format: "%.0f %%", $0 * 100) } ?? "unknown"
    return [
      "## Costs (the paper's table 4)", "",
      "One thread, in alternation, medians; other programs took \(load) of the processors meanwhile. The paper, at 51 %: "
        + "training time -31.0 %, samples per second +53.2 %, memory -26.3 %, operations -51.6 %. There all tokens of a "
        + "prompt are skipped alike, and 28 of 32 layers are routed; here text runs and "
        + "\(counted(study.denseLayers, "layer")) stay dense, so that the last column is the one that saves as much of the decoder's "
        + "work, and answers take a pass of the tower for each new picture and some generated tokens besides.",
      "", "| | \(heads.joined(separator: " | ")) |",
      "|---" + String(repeating: "|---", count: heads.count) + "|",
      row("training step, all kinds of questions about each picture, s", "%.3f") { $0.manyQuestionsStep },
      row("training step, two questions about each picture, s", "%.3f") { $0.twoQuestionsStep },
      row("answers a second, one at a time", "%.1f") { $0.answersPerSecond },
      row("answers a second, 16 side by side", "%.1f") { $0.batchedAnswersPerSecond },
      row("keys and values of a prompt, KiB", "%.0f") { $0.cacheBytes / 1024 },
      row("decoder's operations over a prompt, MFLOP", "%.0f") { $0.promptFlops / 1e6 },
    ].joined(separator: "\n")
  }

  // MARK: Numbers

  private func accuracies(_ row: String, _ rule: AnsweringRule = .trained) -> [Double] {
    (records[row] ?? []).compactMap { $0.judgement(rule)?.mean }
  }

  private func accuracy(_ records: [RowRecord], _ rule: AnsweringRule) -> String {
    Spread(records.compactMap { $0.judgement(rule)?.mean }).text
  }

  private func skipped(_ records: [RowRecord], _ rule: AnsweringRule, ofText: Bool = false) -> String {
    let shares = records.compactMap { record -> Double? in
      guard let judgement = record.judgement(rule) else { return nil }
      let skips = ofText ? judgement.textSkip : judgement.imageSkip
      let layers = record.routedLayers.isEmpty ? skips.indices.filter { skips[$0] > 0 } : record.routedLayers
      return layers.isEmpty ? 0 : layers.reduce(0) { $0 + skips[$1] } / Double(layers.count) * 100
    }
    return String(format: "%.1f", Spread(shares).mean)
  }

  /// The decoder's operations in percent of the dense model's.
  private func workShare(_ records: [RowRecord], _ rule: AnsweringRule) -> Double? {
    guard let dense = self.records["dense"]?.first?.judgement()?.flops, dense > 0 else { return nil }
    return Spread(records.compactMap { $0.judgement(rule)?.flops }).mean / dense * 100
  }

  private func work(_ records: [RowRecord], _ rule: AnsweringRule) -> String {
    workShare(records, rule).map { String(format: "%.0f %%", $0) } ?? "–"
  }

  // MARK: Plots

  private var skipPlot: LinePlot? {
    func points(_ rows: [String]) -> [LinePlot.Point] {
      rows.compactMap { name in
        guard let records = records[name], let work = workShare(records, .trained) else { return nil }
        let spread = Spread(accuracies(name))
        return LinePlot.Point(x: 100 - work, y: spread.mean, spread: spread.deviation)
      }
    }
    let ratios = points(["dense", "ratio-17", "ratio-34", "ratio-51", "ratio-68"])
    guard ratios.count > 1 else { return nil }
    let others = [
      "all-38", "every-second-76", "two-of-three-57", "reversed-51", "random-51", "places-51",
    ].map { (name: $0, points: points([$0])) }
    return LinePlot(
      title: "Accuracy against the work that is skipped",
      subtitle: "line: 0, 17, 34, 51, 68 % of image rows; bars: standard deviation over seeds",
      xName: "decoder's operations saved, %", yName: "accuracy, %",
      series: [LinePlot.Series("γ-MoD", ratios, .pointsOnLine)]
        + others.filter { !$0.points.isEmpty }.map { LinePlot.Series($0.name, $0.points, .points) })
  }

  private var depthMap: HeatMap? {
    func mean(_ records: [RowRecord], _ rule: AnsweringRule, _ path: KeyPath<RowRecord.Judgement, [Double]>)
      -> [Double]
    {
      let lists = records.compactMap { $0.judgement(rule)?[keyPath: path] }
      guard let first = lists.first else { return [] }
      return first.indices.map { layer in lists.reduce(0) { $0 + $1[layer] } / Double(lists.count) * 100 }
    }
    guard let records = records["ratio-51"] else { return nil }
    let columns = AnsweringRule.allCases.flatMap { rule in
      [
        HeatMap.Column("\(rule.rawValue) i", mean(records, rule, \.imageSkip)),
        HeatMap.Column("\(rule.rawValue) t", mean(records, rule, \.textSkip)),
      ]
    }.filter { !$0.values.isEmpty }
    guard !columns.isEmpty else { return nil }
    return HeatMap(
      title: "Skipped rows by layer at 51 %", subtitle: "i: image rows, t: text rows; mean over seeds",
      unit: "percent skipped", columns: columns, decimals: 1)
  }
}
