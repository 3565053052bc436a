import Foundation
import Wording

extension ProgressLine {
  /// A line on standard error.
  convenience init(_ name: String, unit: Unit = .pieces) {
    self.init(name, unit: unit, isTerminal: isatty(2) != 0) { StandardError.write($0) }
  }

  /// What tells how much of a model's weights has been read.
  static func loading() -> @Sendable (_ read: Int, _ all: Int) -> Void {
    let line = ProgressLine("loading", unit: .bytes)
    return { read, all in
      line.show(read, of: all)
      if read >= all { line.end() }
    }
  }
}
