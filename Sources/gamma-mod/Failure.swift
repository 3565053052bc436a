import ArgumentParser
import Foundation

/// How the process ends when a command throws: a text, the stream it belongs to, and an exit code.
struct Failure {
  let message: String
  let code: Int32

  init(_ error: any Error) {
    code = GammaMoD.exitCode(for: error).rawValue
    switch code {
    case ExitCode.success.rawValue:
      message = GammaMoD.fullMessage(for: error)
    case ExitCode.validationFailure.rawValue:
      let text = GammaMoD.fullMessage(for: error)
      message = "gamma-mod: " + (text.hasPrefix("Error: ") ? String(text.dropFirst("Error: ".count)) : text)
    default:
      message = error is ExitCode ? "" : "gamma-mod: " + Self.sentence(error)
    }
  }

  /// What went wrong, on one line.
  static func sentence(_ error: any Error) -> String {
    let text = (error as? CocoaError)?.localizedDescription ?? "\(error)"
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
