import CEditLine
import Foundation

/// The lines that a user types: edited and called back on a terminal, as they are elsewhere.
struct LineReader {
  /// Whether lines are edited; prompts are shown on standard error.
  private let isEdited = isatty(0) != 0 && isatty(2) != 0

  /// - Returns: Nil at the end of the input.
  func next(_ prompt: String) -> String? {
    guard isEdited else {
      StandardError.write(prompt)
      return readLine()
    }
    guard let line = gm_edit_line(prompt) else {
      StandardError.write(line: "")
      return nil
    }
    defer { free(line) }
    if line.pointee != 0 { gm_edit_remember(line) }
    return String(cString: line)
  }

  /// Gives the terminal back where the process ends while a line is being read.
  static func restoreTerminal() { gm_edit_restore() }
}
