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
  var data: PathArgument

  @Option(
    name: [.customLong("answers"), .customLong("answers-file"), .customLong("result-file")],
    parsing: .upToNextOption,
    help: "Answer files, read one after the other; for MMMU also a folder of SUBJECT/output.json.")
  var answers: [PathArgument] = []

  @Option(help: "A question file in place of the one in the folder.")
  var questionFile: PathArgument?

  @Flag(help: "Leave questions without an answer out instead of counting them as wrong.")
  var onlyAnswered = false

  @Option(help: "Also write all answers to one file of LLaVA's JSON lines.")
  var merge: PathArgument?

  @Flag(help: "Replace the files of --merge and --submission if they are there.")
  var overwrite = false

  @OptionGroup var scoring: ScoringArguments

  func validate() throws {
    if answers.isEmpty, scoring.grades == nil {
      throw ValidationError("--answers is needed, or --grades for MM-Vet")
    }
    try scoring.checkUse(by: benchmark.rawValue)
    guard !overwrite || merge != nil || scoring.submission != nil else {
      throw ValidationError("--overwrite needs --merge or --submission")
    }
  }

  func run() throws {
    var folder = try BenchmarkFolder(benchmark, at: data.url, lenient: scoring.lenient)
    folder.questionFile = questionFile?.url
    var options = scoring.options(onlyAnswered: onlyAnswered)
    let urls = answers.map(\.url)
    let inputs = answers + [scoring.grades].compactMap { $0 }
    let place = merge.map { OutputPlace($0.url, mayReplace: overwrite) }
    try place?.check(inputs: folder.inputs + inputs.map(\.url))
    try scoring.checkSubmission(folder, overwrite: overwrite, inputs: inputs.map(\.url))
    if benchmark == .mmVet, options.grades == nil, urls.count == 1, AnswerFile.holdsGrades(urls[0]) {
      options.grades = urls[0]
    }
    let given = options.grades == urls.first ? AnswerFile([]) : try AnswerFile(merging: urls)
    let outcome = try Outcome(folder, given, options)
    if case .unscored(_, _, _, let error) = outcome, merge == nil, scoring.submission == nil { throw error }
    // The score is told first: what cannot be written does not take it along.
    var printer = OutcomePrinter(json: scoring.json, asList: false)
    try printer.add(outcome)
    try printer.end()
    try place?.write(given.text())
    try scoring.writeSubmission(given, folder, options)
  }
}
