import Answering
import ArgumentParser
import Benchmarks
import Evaluation
import Files
import Foundation
import Loading
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
  var answers: PathArgument?

  @Flag(help: "Also continue an answer file that does not say how its answers were made.")
  var resume = false

  @Flag(help: "Start the answer file again, and replace the file of --submission.")
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

  @OptionGroup var beams: BeamCount

  @OptionGroup var tokenLimit: TokenLimit

  @OptionGroup var pictureLimits: PictureLimits

  @Flag(help: "Replace every picture by an evenly grey one, to see what is known without looking.")
  var grey = false

  @OptionGroup var scoring: ScoringArguments

  func validate() throws {
    if benchmark != "all" { _ = try ScoringArguments.benchmark(benchmark) }
    try place.checkUse(by: benchmark)
    try scoring.checkUse(by: benchmark)
    try tokenLimit.check(maxTokens)
    try Bounds.check("--limit", limit, Bounds.any)
    try Bounds.check("--batch", batch, 1...1024)
    guard numChunks >= 1, (0..<numChunks).contains(chunkIdx) else {
      throw ValidationError("--num-chunks takes at least 1, --chunk-idx 0 to one less than that")
    }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature takes a number from 0 on")
    }
    guard !(resume && overwrite) else { throw ValidationError("--resume and --overwrite exclude each other") }
    guard answers != nil || !resume else { throw ValidationError("--resume needs --answers") }
    guard answers != nil || scoring.submission != nil || !overwrite else {
      throw ValidationError("--overwrite needs --answers or --submission")
    }
    guard !isAll || scoring.submission == nil else {
      throw ValidationError("--submission needs a single --benchmark")
    }
  }

  func run() throws {
    let folders = try place.folders(benchmark, lenient: scoring.lenient)
    var printer = OutcomePrinter(json: scoring.json, asList: isAll)
    var failed: [Benchmark] = []
    /// Where all benchmarks are run, one that fails does not hold up the others.
    func attempt(_ folder: BenchmarkFolder, _ body: () throws -> Void) throws {
      do {
        try body()
      } catch let error where isAll && !(error is ExitCode) && !(error is StreamError) {
        failed.append(folder.benchmark)
        try printer.add(.failed(folder.benchmark, rules(folder), Failure.sentence(error)))
      }
    }
    if isAll, let answers { try Disk.createFolder(answers.url) }
    var ready: [(folder: BenchmarkFolder, items: [BenchmarkItem])] = []
    for folder in folders {
      try attempt(folder) {
        let items = try EvaluationRun(runOptions(folder)).items(folder)
        try check(folder, items)
        ready.append((folder, items))
      }
    }
    if !ready.isEmpty {
      let session = try options.session()
      try Interrupt.watch { isRequested in
        for (folder, items) in ready {
          do {
            try attempt(folder) { try run(folder, items, session, isRequested, &printer) }
          } catch {
            // What has been told so far is a whole list all the same.
            try? printer.end(isComplete: false)
            throw error
          }
        }
      }
    }
    try printer.end(isComplete: failed.isEmpty)
    guard failed.isEmpty else {
      throw StreamError(
        "\(failed.count) of \(folders.count) benchmarks failed: \(failed.map(\.rawValue).joined(separator: ", ")); what is wrong with each stands above"
      )
    }
  }

  private var isAll: Bool { benchmark == "all" }

  /// Finds what would make the work vain before it begins: files that are missing, places that cannot be written.
  private func check(_ folder: BenchmarkFolder, _ items: [BenchmarkItem]) throws {
    let rules = rules(folder)
    guard folder.benchmark.protocols.contains(rules) else {
      throw BenchmarkError.unsupportedProtocol(rules, folder.benchmark)
    }
    let inputs = options.place.urls
    try scoring.checkSubmission(
      folder, overwrite: overwrite, inputs: inputs + [answerURL(folder)].compactMap { $0 })
    if let url = answerURL(folder) {
      // An earlier run's answers may lie among what is read; whether they can be continued is the log's to judge.
      let read =
        Disk.holdsSomething(url) && !AnswerLog.holdsAnswers(url)
        ? folder.inputs : [folder.questionFile].compactMap { $0 }
      try OutputPlace(url, mayReplace: true).check(inputs: inputs + read)
    }
    // Whether answers fit the benchmark does not depend on what they say.
    let blanks = AnswerFile(items.prefix(limit ?? .max).map { AnswerRecord(to: $0, text: "") })
    switch Result(catching: { try folder.score(blanks, scoringOptions(folder)) }) {
    case .success: break
    case .failure(BenchmarkError.noTruth(let path, let problem, let remedy)):
      // Answers are worth something without a score only where they are kept.
      guard answers == nil, scoring.submission == nil, !isAll else { break }
      throw BenchmarkError.noTruth(path: path, problem: problem, remedy: remedy)
    case .failure(let error): throw error
    }
  }

  private func run(
    _ folder: BenchmarkFolder, _ items: [BenchmarkItem], _ session: VisionLanguageSession,
    _ isRequested: @escaping @Sendable () -> Bool, _ printer: inout OutcomePrinter
  ) throws {
    let name = folder.benchmark.rawValue
    let run = EvaluationRun(runOptions(folder))
    let log = try answerURL(folder).map { try self.log($0, folder, items) }
    let meter = ProgressLine(name)
    var logFailure: (any Error)?
    let answered = try run.answers(
      items, of: folder.benchmark, sessions: session.lanes, log: log,
      leaveOut: { try folder.leaveOut($0, $1) }, onLogFailure: { logFailure = $0 }, isCancelled: isRequested,
      onProgress: { meter.show($0, of: $1) })
    meter.end()
    if isRequested() {
      StandardError.write(
        line: KeptAnswers.note(
          name, kept: answered.records.count, of: items.prefix(limit ?? items.count).count,
          file: answerURL(folder)?.path))
      throw Interrupt.exitCode
    }
    let scoringOptions = scoringOptions(folder)
    // The score is told first: what cannot be written does not take it along.
    try printer.add(Outcome(folder, answered, scoringOptions, switches: grey ? ["grey pictures"] : []))
    if let logFailure { throw logFailure }
    try scoring.writeSubmission(answered, folder, scoringOptions)
  }

  private func scoringOptions(_ folder: BenchmarkFolder) -> ScoringOptions {
    var options = scoring.options(onlyAnswered: limit != nil || numChunks > 1)
    options.rules = rules(folder)
    return options
  }

  private func answerURL(_ folder: BenchmarkFolder) -> URL? {
    isAll ? answers?.url.appending(path: folder.benchmark.rawValue + ".jsonl") : answers?.url
  }

  /// The asked protocol; where all benchmarks run, the first of those that do not have it.
  private func rules(_ folder: BenchmarkFolder) -> ScoringProtocol {
    let protocols = folder.benchmark.protocols
    if let asked = scoring.rules, !isAll || protocols.contains(asked) { return asked }
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
    run.imageLimits = pictureLimits.limits
    run.limits = options.limits
    return run
  }

  private func log(_ url: URL, _ folder: BenchmarkFolder, _ items: [BenchmarkItem]) throws -> AnswerLog {
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

  /// Everything that changes answers.
  private func identity(_ folder: BenchmarkFolder) throws -> AnswerIdentity {
    let rules = rules(folder)
    var metadata = JSONObject([("max_tokens", JSONValue(maxTokens ?? folder.benchmark.maxTokens(rules)))])
    // The other protocols ask alike.
    if rules == .gammaMoD { metadata["protocol"] = JSONValue(rules.rawValue) }
    for (name, value) in try options.identity { metadata[name] = value }
    if temperature > 0 {
      metadata["temperature"] = JSONValue(temperature)
      metadata["seed"] = JSONValue(Int(truncatingIfNeeded: seed))
    }
    if grey { metadata["grey"] = true }
    return AnswerIdentity(modelID: options.model.path, metadata: metadata)
  }
}
