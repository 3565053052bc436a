import Answering
import Foundation
import Speed

/// A comparison as lines for people.
struct BenchTable {
  private let comparison: SpeedComparison
  private let backend: String
  private let isTraining: Bool

  init(_ comparison: SpeedComparison, backend: String, isTraining: Bool) {
    self.comparison = comparison
    self.backend = backend
    self.isTraining = isTraining
  }

  var text: String {
    let (dense, routed) = (comparison.dense, comparison.routed)
    func line(_ name: String, _ left: String, _ right: String, _ ratio: Double?) -> String {
      let ratio = ratio.map { String(format: "%.2f×", $0) } ?? ""
      return [name, left, right, ratio].enumerated().map { column, text in
        text.padding(toLength: column == 0 ? 22 : 14, withPad: " ", startingAt: 0)
      }.joined()
    }
    func milliseconds(_ seconds: Double) -> String { String(format: "%.2f ms", seconds * 1000) }
    var lines = [
      backend, line("", "dense", "γ-MoD", nil),
      line(
        isTraining ? "training step" : "prefill", milliseconds(dense.prefillSeconds),
        milliseconds(routed.prefillSeconds), comparison.prefillRatio),
      line(
        "MFLOP", String(dense.prefillFlops / 1_000_000), String(routed.prefillFlops / 1_000_000),
        comparison.flopRatio),
      line("time / FLOPs", "", "", comparison.efficiency),
      line("saved, of predicted", "", String(format: "%.0f %%", comparison.savedShare * 100), nil),
    ]
    if dense.visionSeconds > 0 {
      lines.append(
        line("vision", milliseconds(dense.visionSeconds), milliseconds(routed.visionSeconds), nil))
    }
    if let ratio = comparison.firstTokenRatio {
      lines += [
        line("reading the picture", milliseconds(dense.imageSeconds), milliseconds(routed.imageSeconds), nil),
        line(
          "file to first token", milliseconds(dense.firstTokenSeconds),
          milliseconds(routed.firstTokenSeconds), ratio),
      ]
    }
    if !isTraining {
      lines += [
        line(
          "decode", milliseconds(dense.decodeSeconds), milliseconds(routed.decodeSeconds),
          comparison.decodeRatio),
        line(
          "KV bytes", String(dense.cacheBytes), String(routed.cacheBytes),
          Double(dense.cacheBytes) / Double(max(1, routed.cacheBytes))),
      ]
    }
    if let seconds = dense.rankSeconds {
      lines.append(line("prefill with ARank", milliseconds(seconds), "", comparison.rankRatio))
    }
    lines.append(line("image skip", "", String(format: "%.1f %%", routed.skipRatio * 100), nil))
    if let load = comparison.foreignLoad, load > 0.1 {
      lines.append(
        String(format: "disturbed: other programs took %.0f %% of the processors' time", load * 100))
    }
    return lines.joined(separator: "\n")
  }
}
