import Answering
import ArgumentParser
import Benchmarks
import Evaluation
import Foundation
import StrictJSON
import Tensors
import Wording

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Answer a benchmark's questions and score the answers by its official rules.",
    discussion: """
      A score names its protocol; --benchmark all runs every benchmark that the folder holds. \
      With --answers every answer is kept as soon as it is made, and the same command continues an interrupted run.
      """)

  @OptionGroup var options: ModelOptions

  @Option(help: "\(Benchmark.allCases.map(\.rawValue).joined(separator: ", ")), or all.")
  var benchmark: String

  @OptionGroup var place: BenchmarkPlace

  @Option(
    name: [.customLong("answers"), .customLong("answers-file")],
    help: "Write the answers here, in LLaVA's JSON lines; for all, a folder of such files.")
  var answers: String?

  @Flag(help: "Also continue an answer file that does not say how its answers were made.")
  var resume = false

  @Flag(help: "Start the answer file again.")
  var overwrite = false

  @Option(help: "Only this many questions, from the start.")
  var limit: Int?

  @Option(help: "Cut the questions into this many parts and answer one; score the parts together.")
  var numChunks = 1

  @Option(help: "Which part, from 0.")
  var chunkIdx = 0

  @Option(help: "Answer this many questions side by side; by default 16, for large models 4.")
  var batch: Int?

  @Option(
    name: [.customShort("n"), .customLong("max-tokens"), .customLong("max_new_tokens")],
    help: "Most tokens of an answer; by default what the protocol's scripts allow.")
  var maxTokens: Int?

  @Option(name: [.customLong("temp"), .customLong("temperature")], help: "Chance in the choice of tokens.")
  var temperature = 0.0

  @Option(help: "Seed of chance.")
  var seed: UInt64 = 0

  @Flag(help: "Replace every picture by an evenly grey one, to see what is known without looking.")
  var grey = false

  @OptionGroup var scoring: ScoringArguments

  func validate() throws {
    if benchmark != "all" { _ = try ScoringArguments.benchmark(benchmark) }
    guard (1...4096).contains(maxTokens ?? 1), limit ?? 1 >= 1, (1...1024).contains(batch ?? 1) else {
      throw ValidationError("--max-tokens takes 1 to 4096, --limit at least 1, --batch 1 to 1024")
    }
    guard numChunks >= 1, (0..<numChunks).contains(chunkIdx) else {
      throw ValidationError("--num-chunks takes at least 1, --chunk-idx 0 to one less than that")
    }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature takes a number from 0 on")
    }
    guard !(resume && overwrite) else { throw ValidationError("--resume and --overwrite exclude each other") }
    guard answers != nil || !(resume || overwrite) else {
      throw ValidationError("--resume and --overwrite need --answers")
    }
    guard benchmark != "all" || scoring.submission == nil else {
      throw ValidationError("--submission needs a single --benchmark")
    }
  }

  func run() throws {
    let folders = try place.folders(benchmark, lenient: scoring.lenient)
    for folder in folders { try requireUse(of: folder) }
    let session = try options.session()
    try scoring.show(try folders.map { try outcome($0, session) }, asList: benchmark == "all")
  }

  /// Refuses to answer questions in vain: without a score, and without a file of the answers.
  private func requireUse(of folder: BenchmarkFolder) throws {
    guard answers == nil, scoring.submission == nil, benchmark != "all" else { return }
    let trial = Result { try folder.score(AnswerFile([]), scoring.options(onlyAnswered: true)) }
    if case .failure(let error as BenchmarkError) = trial, case .noTruth = error { throw error }
  }

  private func outcome(_ folder: BenchmarkFolder, _ session: VisionLanguageSession) throws -> Outcome {
    let run = EvaluationRun(runOptions(folder))
    let items = try run.items(folder)
    let log = try answers.map { try self.log(URL(fileURLWithPath: $0), folder, items) }
    let meter = ProgressLine(folder.benchmark.rawValue)
    let (answered, wasStopped) = try Interrupt.watchTurn { isRequested in
      try run.answers(
        items, of: folder.benchmark, sessions: session.lanes, log: log, isCancelled: isRequested
      ) {
        done, total in
        meter.show(done, of: total)
      }
    }
    meter.end()
    if wasStopped {
      StandardError.write(
        line: KeptAnswers.note(
          folder.benchmark.rawValue, kept: answered.records.count,
          of: items.prefix(limit ?? items.count).count,
          file: answers.map { answerFile($0, folder).path }))
      throw Interrupt.exitCode
    }
    var scoringOptions = scoring.options(onlyAnswered: limit != nil || numChunks > 1)
    scoringOptions.rules = rules(folder)
    try scoring.writeSubmission(answered, folder, scoringOptions)
    return try Outcome(folder, answered, scoringOptions, switches: grey ? ["grey pictures"] : [])
  }

  /// The asked protocol; where all benchmarks run, the first of those that do not have it.
  private func rules(_ folder: BenchmarkFolder) -> ScoringProtocol {
    let protocols = folder.benchmark.protocols
    if let asked = scoring.rules, benchmark != "all" || protocols.contains(asked) { return asked }
    return scoring.grades == nil ? protocols[0] : .llava
  }

  private func runOptions(_ folder: BenchmarkFolder) -> EvaluationRun.Options {
    var run = EvaluationRun.Options()
    run.maxTokens = maxTokens
    run.rules = rules(folder)
    run.limit = limit
    run.chunk = numChunks > 1 ? EvaluationChunk(chunkIdx, of: numChunks) : nil
    run.batch = batch
    run.temperature = temperature
    run.seed = seed
    run.greyPictures = grey
    run.limits = options.limits
    return run
  }

  private func log(_ url: URL, _ folder: BenchmarkFolder, _ items: [BenchmarkItem]) throws -> AnswerLog {
    if benchmark == "all" {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    let url = answerFile(url.relativePath, folder)
    let log = try AnswerLog(
      url, items: items, identity: identity(folder),
      existing: overwrite ? .replaced : resume ? .adopted : .continued)
    let name = folder.benchmark.rawValue
    if log.answered.count > 0 {
      StandardError.write(
        line:
          "\(name): \(log.answered.count) of \(counted(items.count, "answer is", "answers are")) there; continuing"
      )
    }
    if log.wasTorn {
      StandardError.write(line: "\(name): the last answer was not written whole; asking again")
    }
    return log
  }

  /// The file of a benchmark's answers; for all benchmarks `path` is a folder of them.
  private func answerFile(_ path: String, _ folder: BenchmarkFolder) -> URL {
    let url = URL(fileURLWithPath: path)
    return benchmark == "all" ? url.appending(path: folder.benchmark.rawValue + ".jsonl") : url
  }

  /// Everything that changes answers.
  private func identity(_ folder: BenchmarkFolder) -> AnswerIdentity {
    let rules = rules(folder)
    var metadata = JSONObject([("max_tokens", JSONValue(maxTokens ?? folder.benchmark.maxTokens(rules)))])
    // The other protocols ask alike.
    if rules == .gammaMoD { metadata["protocol"] = JSONValue(rules.rawValue) }
    for (name, value) in options.identity { metadata[name] = value }
    if temperature > 0 {
      metadata["temperature"] = JSONValue(temperature)
      metadata["seed"] = JSONValue(Int(truncatingIfNeeded: seed))
    }
    if grey { metadata["grey"] = true }
    return AnswerIdentity(modelID: options.model, metadata: metadata)
  }
}
