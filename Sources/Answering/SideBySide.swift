internal import Foundation
package import Images
internal import Tokenization
internal import Wording

/// Two models asked the same questions in turn.
package struct SideBySide {
  /// A picture and what is asked about it.
  package struct Question: Sendable {
    package let name: String
    package let picture: PixelImage
    package let text: String

    package init(name: String, picture: PixelImage, text: String) {
      self.name = name
      self.picture = picture
      self.text = text
    }
  }

  package struct Row {
    package let question: Question
    package let dense: AnswerReport
    package let routed: AnswerReport
  }

  package let rows: [Row]

  /// Asks every question `repeats` times, dense and routed in alternation, and keeps each side's quickest reading of
  /// the prompt, which other programs have disturbed least.
  package init(
    _ questions: [Question], dense: VisionLanguageSession, routed: VisionLanguageSession, repeats: Int = 5
  ) async throws {
    var options = AnswerOptions()
    options.maxTokens = 32
    // Every repetition reads its prompt.
    options.sharesRows = false
    let sides = [dense, routed].map { (session: $0, engine: Engine($0)) }
    var rows: [Row] = []
    for question in questions {
      var best: [AnswerReport?] = [nil, nil]
      for _ in 0..<max(1, repeats) {
        for (index, side) in sides.enumerated() {
          let prompt = try side.session.prompt(
            [ConversationMessage(.user, question.text), ConversationMessage(.assistant, nil)],
            images: [question.picture])
          let answer = try await side.engine.submit(AnswerRequest(prompt, options)).answer()
          if let known = best[index], known.answer.times.prefill <= answer.times.prefill { continue }
          best[index] = AnswerReport(answer, to: prompt, side.session)
        }
      }
      guard let dense = best[0], let routed = best[1] else { throw AnswerError("no question was answered") }
      rows.append(Row(question: question, dense: dense, routed: routed))
    }
    self.rows = rows
  }

  /// The answers, then a table of what they cost, for a terminal.
  package var text: String {
    var lines: [String] = []
    var lastName = ""
    for row in rows {
      if row.question.name != lastName { lines.append("\(row.question.name)") }
      lastName = row.question.name
      let question = row.question.text.split(separator: "\n").first.map(String.init) ?? ""
      let (dense, routed) = (Self.plain(row.dense), Self.plain(row.routed))
      lines.append("  \(question)")
      lines.append("    dense: \(dense)   γ-MoD: \(routed)" + (dense == routed ? "" : "   (different)"))
    }
    lines.append("")
    func line(_ name: String, _ dense: String, _ routed: String, _ last: String) -> String {
      [(name, 26), (dense, 14), (routed, 14), (last, 0)]
        .map { $0.0.padding(toLength: max($0.1, $0.0.count), withPad: " ", startingAt: 0) }.joined()
    }
    let count = Double(max(1, rows.count))
    func mean(_ value: (Answer) -> Double) -> (Double, Double) {
      (
        rows.reduce(0) { $0 + value($1.dense.answer) } / count,
        rows.reduce(0) { $0 + value($1.routed.answer) } / count
      )
    }
    let flops = mean { Double($0.prompt.flops) / 1e6 }
    let time = mean { $0.times.prefill / .milliseconds(1) }
    let cache = mean { Double($0.cacheBytes) / 1024 }
    let skip = mean { $0.prompt.imageSkipRatio * 100 }
    func ratio(_ pair: (Double, Double)) -> String {
      String(format: "%.2f× less", pair.0 / max(1e-9, pair.1))
    }
    func pair(_ name: String, _ format: String, _ values: (Double, Double), _ last: String) -> String {
      line(name, String(format: format, values.0), String(format: format, values.1), last)
    }
    let same = rows.count { Self.plain($0.dense) == Self.plain($0.routed) }
    lines += [
      line("mean of \(counted(rows.count, "question"))", "dense", "γ-MoD", ""),
      pair("image rows skipped", "%.1f %%", skip, "in routed layers"),
      pair("decoder work, prompt", "%.0f MFLOP", flops, ratio(flops)),
      pair("decoder time, prompt", "%.2f ms", time, ratio(time)),
      pair("keys and values kept", "%.0f KiB", cache, ratio(cache)),
      "\(same) of \(counted(rows.count, "answer is", "answers are")) the same",
    ]
    return lines.joined(separator: "\n")
  }

  private static func plain(_ report: AnswerReport) -> String {
    report.answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
