import Answering
import Wording

/// Says that an answer is no whole one.
enum CutAnswer {
  /// - Parameter limit: The most tokens that were asked for.
  /// - Returns: Nil for an answer that the model ended.
  static func note(_ answer: Answer, limit: Int) -> String? {
    guard answer.finishReason == .length else { return nil }
    guard answer.ids.count >= limit else {
      return "the answer was cut: the model's context is full"
    }
    return "the answer was cut after \(counted(limit, "token")); --max-tokens allows more"
  }
}

extension CutAnswer {
  /// - Returns: Nil if none of the answers was cut.
  static func note(_ cut: Int, of count: Int) -> String? {
    guard cut > 0 else { return nil }
    return "\(cut) of \(counted(count, "answer was", "answers were")) cut; --max-tokens allows longer ones"
  }
}
