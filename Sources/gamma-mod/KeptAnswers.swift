import Foundation
import Wording

/// What Ctrl-C leaves of an answer file, and how to go on.
enum KeptAnswers {
  /// - Parameters:
  ///   - file: Where the answers are; nil if they are only in memory.
  static func note(_ name: String, kept: Int, of total: Int, file: String?) -> String {
    guard let file else {
      return "\(name): stopped by Ctrl-C; no answer is kept, as no --answers names a file for them"
    }
    let go = CommandEcho.text(without: ["--overwrite"])
    return
      "\(name): stopped by Ctrl-C; \(kept) of \(counted(total, "answer is", "answers are")) kept in \(file); to go on: \(go)"
  }
}
