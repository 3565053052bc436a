import ArgumentParser
import Foundation
import GammaModTraining
import Logging
import Training
import Wording

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model as a run file describes.",
    discussion: """
      Ctrl-C, or SIGTERM, saves the state; --resume goes on from it with the same losses as an unbroken run. A loss that \
      is no number ends the run; the last state stays.
      """)

  @Option(help: "The run's JSON file.")
  var config: String

  @Flag(help: "Go on from the state in the run's output folder, if there is one.")
  var resume = false

  @Flag(
    help: "With --resume, go on although the run file or its data have changed since the state was written.")
  var allowChanges = false

  @OptionGroup var verification: VerifyOption

  @Option(name: [.short, .long], help: "Threads. Results do not depend on it.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    try Bounds.check("--threads", threads, Bounds.threads)
    guard resume || !allowChanges else { throw ValidationError("--allow-changes needs --resume") }
  }

  func run() async throws {
    let log = Logger(label: "train")
    let job = try TrainingJob(runFile: URL(fileURLWithPath: config))
    try verification.check(job.model)
    let (resume, allowChanges, threads) = (resume, allowChanges, threads)
    try await Interrupt.watch {
      let line = ProgressLine("step")
      defer { line.end() }
      let isDone = try await job.run(
        resuming: resume, allowingChanges: allowChanges, threads: threads, onRead: ProgressLine.loading(),
        progress: { line.show($0.step, of: $0.steps, detail: $0.detail) },
        report: { text in
          line.clear()
          log.info("\(text)")
        })
      line.end()
      if !isDone {
        log.notice("stopped; the state is in \(job.output.path), --resume goes on from it")
      }
    }
  }
}
