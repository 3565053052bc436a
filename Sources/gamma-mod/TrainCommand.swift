import ArgumentParser
import Foundation
import Logging
import PocketTraining
import StrictJSON
import Training

struct TrainCommand: ParsableCommand {
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
    guard threads > 0 else { throw ValidationError("--threads: at least 1 is needed, not \(threads)") }
  }

  func run() throws {
    let log = Logger(label: "train")
    let run = try TrainingRun(runFile: JSONObject.read(contentsOf: URL(fileURLWithPath: config)))
    try Interrupt.watch { isRequested in
      try run.train(resume: resume, threads: threads, shouldStop: isRequested) {
        log.info("\($0)")
      }
      if isRequested() {
        log.notice(
          "stopped by Ctrl-C; the state is in \(run.configuration.output.path), --resume goes on from it")
      }
    }
  }
}
