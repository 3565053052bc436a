import ArgumentParser
import Foundation
import Logging
import PocketWorld
import Wording

struct WorldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "world", abstract: "Draw the pocket world: pictures and questions as nine benchmarks.",
    discussion:
      "Each kind of question is written in the file format of a public benchmark, in a folder of its own.")

  @Option(help: "The folder to write, which must not exist or be empty.")
  var out: PathArgument

  @Option(help: "Which scenes: those that models train on, or others.")
  var split = WorldSplit.val

  @Option(help: "Questions of each kind, at least.")
  var count = 100

  @Option(help: "Scenes and questions follow from it alone.")
  var seed: UInt64 = 1

  func validate() throws {
    guard WorldWriter.countRange.contains(count) else {
      throw ValidationError(
        "--count: a number from \(WorldWriter.countRange.lowerBound) to \(WorldWriter.countRange.upperBound) is needed, not \(count)"
      )
    }
  }

  func run() throws {
    let progress = ProgressLine("world")
    defer { progress.end() }
    try Interrupt.watch { isRequested in
      do {
        try WorldWriter.write(
          to: out.url, split: split, count: count, seed: seed,
          onProgress: { progress.show($0, of: $1) }, isCancelled: isRequested)
        progress.end()
        Logger(label: "world").info("wrote \(out)")
      } catch is CancellationError {
        progress.end()
        Logger(label: "world").notice("stopped; nothing was written")
      }
    }
  }
}
