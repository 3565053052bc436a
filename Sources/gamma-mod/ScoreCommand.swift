import ArgumentParser
import Benchmarks
import Files
import Foundation

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score answers that any program has given to a benchmark's questions.",
    discussion: """
      Takes LLaVA's JSON lines, one file or the chunks of a run, or the benchmark's upload format. \
      A score names its protocol and everything that departs from the official way of scoring.
      """)

  @Option(
    help: "\(Benchmark.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: ScoringArguments.benchmark)
  var benchmark: Benchmark

  @Option(help: "The benchmark's folder, or one that holds a folder per benchmark.")
  var data: String

  @Option(
    name: [.customLong("answers"), .customLong("answers-file"), .customLong("result-file")],
    parsing: .upToNextOption,
    help: "Answer files, read one after the other; for MMMU also a folder of SUBJECT/output.json.")
  var answers: [String] = []

  @Option(help: "A question file in place of the one in the folder.")
  var questionFile: String?

  @Flag(help: "Leave questions without an answer out instead of counting them as wrong.")
  var onlyAnswered = false

  @Option(help: "Also write all answers to one file of LLaVA's JSON lines.")
  var merge: String?

  @OptionGroup var scoring: ScoringArguments

  func validate() throws {
    if answers.isEmpty, scoring.grades == nil {
      throw ValidationError("--answers is needed, or --grades for MM-Vet")
    }
  }

  func run() throws {
    var folder = try BenchmarkFolder(benchmark, at: URL(fileURLWithPath: data), lenient: scoring.lenient)
    folder.questionFile = questionFile.map { URL(fileURLWithPath: $0) }
    var options = scoring.options(onlyAnswered: onlyAnswered)
    let urls = answers.map { URL(fileURLWithPath: $0) }
    if benchmark == .mmVet, options.grades == nil, urls.count == 1, AnswerFile.holdsGrades(urls[0]) {
      options.grades = urls[0]
    }
    let given = options.grades == urls.first ? AnswerFile([]) : try AnswerFile(merging: urls)
    let outcome = try Outcome(folder, given, options)
    if case .unscored(_, _, _, let error) = outcome, merge == nil, scoring.submission == nil { throw error }
    if let merge { try AtomicFile.write(try given.text(), to: URL(fileURLWithPath: merge)) }
    try scoring.writeSubmission(given, folder, options)
    try scoring.show([outcome], asList: false)
  }
}
