import ArgumentParser
import Foundation
import Testing

@testable import gamma_mod

/// The help texts as they stand in `Tests/Fixtures/help`, so that the command line does not change unseen.
///
/// Run with `RENEW_HELP=1` in the environment to write them anew, then read the difference before you commit it.
@Suite struct HelpTests {
  @Test(arguments: [nil] + GammaMoD.configuration.subcommands.map { $0.configuration.commandName })
  func helpIsTheRecordedOne(_ name: String?) throws {
    let command = GammaMoD.configuration.subcommands.first { $0.configuration.commandName == name }
    let help = Self.withoutMachine(GammaMoD.helpMessage(for: command ?? GammaMoD.self, columns: 100)) + "\n"
    let file = Fixtures.folder.appendingPathComponent("help/\(name ?? "gamma-mod").txt")
    if ProcessInfo.processInfo.environment["RENEW_HELP"] == "1" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(help.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == help)
  }

  /// The text without the machine's count of processors.
  private static func withoutMachine(_ text: String) -> String {
    let count = "(default: \(ProcessInfo.processInfo.activeProcessorCount))"
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.contains("--threads") || line.contains("side by side")
        ? line.replacingOccurrences(of: count, with: "(default: all)") : String(line)
    }
    .joined(separator: "\n")
  }
}
