import Foundation

/// The command as it was given, for sentences that say how to go on.
enum CommandEcho {
  /// The command line, with quotes where a shell needs them.
  /// - Parameter flags: Those that must not be given again.
  static func text(_ arguments: [String] = CommandLine.arguments, without flags: Set<String> = []) -> String {
    arguments.filter { !flags.contains($0) }.map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%")
    guard word.isEmpty || !word.allSatisfy(plain.contains) else { return word }
    return "'" + word.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
  }
}
