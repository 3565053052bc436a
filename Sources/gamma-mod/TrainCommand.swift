import ArgumentParser
import Foundation
import GammaModTraining
import Logging
import Training
import Wording

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model as a run file describes.",
    discussion: "Ctrl-C saves the state; --resume goes on from it with the same losses as an unbroken run.")

  @Option(help: "The run's JSON file.")
  var config: String

  @Flag(help: "Go on from the state in the run's output folder, if there is one.")
  var resume = false

  @Option(name: [.short, .long], help: "Threads. Results do not depend on it.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    try Bounds.check("--threads", threads, Bounds.threads)
  }

  func run() async throws {
    let log = Logger(label: "train")
    let job = try TrainingJob(runFile: URL(fileURLWithPath: config))
    let (resume, threads) = (resume, threads)
    try await Interrupt.watch {
      let line = ProgressLine("step")
      defer { line.end() }
      let isDone = try await job.run(
        resuming: resume, threads: threads, onRead: ProgressLine.loading(),
        progress: { line.show($0.step, of: $0.steps, detail: $0.detail) },
        report: { text in
          line.clear()
          log.info("\(text)")
        })
      line.end()
      if !isDone {
        log.notice("stopped by Ctrl-C; the state is in \(job.output.path), --resume goes on from it")
      }
    }
  }
}
