import ArgumentParser
import Logging

@main
struct GammaMoD: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gamma-mod", abstract: "Vision-language models with mixture-of-depths layers, on a CPU.",
    discussion: """
      Answers and JSON go to standard output, everything else to standard error. \
      Exit codes: 0 done, 1 failed, 64 wrong usage, 130 stopped by Ctrl-C.
      """,
    version: "gamma-mod 0.1.0",
    subcommands: [
      RunCommand.self, ChatCommand.self, InspectCommand.self, TraceCommand.self, TokenizeCommand.self,
      PreprocessCommand.self, ARankCommand.self, ConvertCommand.self, QuantizeCommand.self, TrainCommand.self,
      EvalCommand.self,
      ScoreCommand.self, BenchCommand.self, DemoCommand.self, WorldCommand.self, ReproduceCommand.self,
    ])

  /// How a command is called, as it stands below messages about wrong usage.
  static func usage(of command: any ParsableCommand.Type) -> String {
    let usage = usageString(for: command)
    return (usage.hasPrefix("Usage: ") ? "" : "Usage: ") + usage
  }

  /// Parses and runs the command, and ends the process unless the command has simply finished.
  static func main() async {
    StandardStreams.reserve()
    Interrupt.install()
    LoggingSystem.bootstrap { _ in StandardErrorLog() }
    var called: any ParsableCommand.Type = GammaMoD.self
    do {
      try CommandArguments.checkEncoding()
      let command = try parseAsRoot()
      called = type(of: command)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
    } catch {
      Failure(error, of: called).exit()
    }
  }
}
