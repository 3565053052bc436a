import ArgumentParser
import Files
import Foundation
import Models

/// How the process ends when a command throws: a text, the stream it belongs to, and an exit code.
struct Failure {
  let message: String
  let code: Int32

  /// - Parameter command: The command that threw, whose usage is shown where it was called wrongly.
  init(_ error: any Error, of command: any ParsableCommand.Type = GammaMoD.self) {
    var error = error
    if let choice = error as? ModelError, choice.isChoice { error = ValidationError(choice.description) }
    code = GammaMoD.exitCode(for: error).rawValue
    switch code {
    case ExitCode.success.rawValue:
      message = GammaMoD.fullMessage(for: error)
    case ExitCode.validationFailure.rawValue:
      let text =
        error is ValidationError
        ? "\(error)\n\(GammaMoD.usage(of: command))" : GammaMoD.fullMessage(for: error)
      message = "gamma-mod: " + Self.explained(text)
    default:
      message = error is ExitCode ? "" : "gamma-mod: " + Self.sentence(error)
    }
  }

  /// The parser's text, of which the first line says what is wrong.
  private static func explained(_ text: String) -> String {
    let text = text.hasPrefix("Error: ") ? String(text.dropFirst("Error: ".count)) : text
    let first = text.prefix { !$0.isNewline }
    return CommandArguments.explained(String(first), Array(CommandLine.arguments.dropFirst()))
      + text.dropFirst(first.count)
  }

  /// What went wrong, on one line.
  static func sentence(_ error: any Error) -> String {
    let text = SystemErrorText.sentence(of: error) ?? "\(error)"
    let line = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    return line.hasSuffix(".") ? line : line + "."
  }

  /// Prints the message and ends the process.
  func exit() -> Never {
    if !message.isEmpty {
      let stream = code == 0 ? FileHandle.standardOutput : .standardError
      try? stream.write(contentsOf: Data((message + "\n").utf8))
    }
    Foundation.exit(code)
  }
}
