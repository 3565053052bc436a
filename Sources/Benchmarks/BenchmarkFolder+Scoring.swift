internal import StrictJSON

extension BenchmarkFolder {
  /// Scores answers by the official rules.
  /// - Throws: `BenchmarkError` or `JSONError` if a file is missing, a row cannot be read or the answers do not fit the
  ///   benchmark.
  package func score(_ answers: AnswerFile, _ options: ScoringOptions = ScoringOptions()) throws -> Score {
    let rules = options.rules ?? (options.grades == nil ? benchmark.protocols[0] : .llava)
    guard benchmark.protocols.contains(rules) else {
      throw BenchmarkError.unsupportedProtocol(rules, benchmark)
    }
    let fault = answers.faults.first {
      !(options.isLenient || $0.isSyntax && benchmark.passesOverBrokenLines)
    }
    if let fault { throw BenchmarkError.row(fault) }
    let task = ScoringTask(folder: self, answers: answers, rules: rules, options: options)
    var score =
      switch benchmark {
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
    let malformed = answers.faults + rowFaults
    if !malformed.isEmpty {
      score.details["malformed_rows"] = [
        "count": JSONValue(malformed.count), "rows": JSONValue(malformed.map(\.description)),
      ]
    }
    return score
  }
}
