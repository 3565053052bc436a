import ArgumentParser
import Checkpoints
import Evaluation
import Files
import Foundation
import Generation
import StrictJSON
import Tensors

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Answer a benchmark's questions and score the answers by its official rules.",
    discussion: "A score names its protocol; --benchmark all runs every benchmark that the folder holds.")

  @OptionGroup var options: ModelOptions

  @Option(help: "\(Benchmark.allCases.map(\.rawValue).joined(separator: ", ")), or all.")
  var benchmark: String

  @Option(help: "The benchmark's folder, or one that holds a folder per benchmark.")
  var data: String

  @Option(help: "Only this many questions, from the start.")
  var limit: Int?

  @Option(
    name: [.customLong("answers"), .customLong("answers-file")],
    help: "Write the answers here, in LLaVA's JSON lines.")
  var answers: String?

  @Option(
    name: .customLong("protocol"),
    help: "llava, gamma-mod, vlmevalkit or keywords; the benchmark's first if left out.")
  var rules: String?

  @Option(
    name: [.customShort("n"), .customLong("max-tokens"), .customLong("max_new_tokens")],
    help: "Most tokens of an answer.")
  var maxTokens = 128

  @Flag(help: "Replace every picture by an evenly grey one, to see what is known without looking.")
  var grey = false

  @Flag(help: "Print one JSON object (an array for all) instead of lines.")
  var json = false

  func validate() throws {
    guard benchmark == "all" || Benchmark(rawValue: benchmark) != nil else {
      throw ValidationError(
        "--benchmark is one of \(Benchmark.allCases.map(\.rawValue).joined(separator: ", ")), or all")
    }
    guard rules == nil || ScoringProtocol(rawValue: rules ?? "") != nil else {
      throw ValidationError(
        "--protocol is one of \(ScoringProtocol.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard (1...4096).contains(maxTokens), limit ?? 1 >= 1 else {
      throw ValidationError("--max-tokens takes 1 to 4096, --limit at least 1")
    }
    guard benchmark != "all" || answers == nil else {
      throw ValidationError("--answers needs a single --benchmark")
    }
  }

  func run() throws {
    let url = URL(fileURLWithPath: data)
    let session = try options.session()
    let scores = try folders(url).map { try score($0, session) }
    if json {
      let list = JSONValue.array(scores.map { .object($0.json) })
      return try StandardOutput.write(line: benchmark == "all" ? list.text() : scores[0].json.text())
    }
    for score in scores {
      try StandardOutput.write(
        line:
          "\(score.benchmark.rawValue) (\(score.rules.rawValue)): \(percent(score.score)) of \(score.count)")
    }
    if scores.count > 1 {
      try StandardOutput.write(
        line: "mean: \(percent(scores.reduce(0) { $0 + $1.score } / Double(scores.count)))")
    }
  }

  private func percent(_ score: Double) -> String { String(format: "%.1f %%", score) }

  private func folders(_ url: URL) throws -> [BenchmarkFolder] {
    guard benchmark == "all" else {
      return [try BenchmarkFolder(Benchmark(rawValue: benchmark) ?? .textvqa, at: url)]
    }
    let found = Benchmark.allCases.compactMap { benchmark -> BenchmarkFolder? in
      guard let folder = try? BenchmarkFolder(benchmark, at: url), folder.url != url else { return nil }
      return folder
    }
    guard !found.isEmpty else {
      throw EvaluationError.file(
        path: url.path, problem: "it holds no benchmark's folder",
        remedy: "give the folder that world has written")
    }
    return found
  }

  private func score(_ folder: BenchmarkFolder, _ session: VisionLanguageSession) throws -> Score {
    var run = EvaluationRun.Options()
    run.maxTokens = maxTokens
    run.limit = limit
    run.greyPictures = grey
    let meter = ProgressLine(folder.benchmark.rawValue)
    let answered = try Interrupt.watch { isRequested in
      try EvaluationRun(run).answers(folder, sessions: session.lanes, isCancelled: isRequested) {
        done, total in
        meter.show(done, of: total)
      }
    }
    meter.end()
    if let answers {
      try AtomicFile.write(answered.text(), to: URL(fileURLWithPath: answers))
    }
    return try folder.score(
      answered,
      ScoringOptions(rules: rules.flatMap(ScoringProtocol.init(rawValue:)), onlyAnswered: limit != nil))
  }
}
