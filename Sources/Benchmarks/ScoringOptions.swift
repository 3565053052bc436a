package import Foundation

/// How answers are scored where the official rules leave a choice.
package struct ScoringOptions: Sendable {
  /// One of the benchmark's protocols; nil for the first of them.
  package var rules: ScoringProtocol?
  /// Leave questions without an answer out, for runs over a part of the benchmark. Otherwise they count as wrong, or
  /// the score is refused where the official script refuses it.
  package var onlyAnswered = false
  /// Leave rows out that cannot be read, count missing answers as wrong where the official script would refuse, and
  /// name both in the score's details.
  package var isLenient = false
  /// MM-Vet: a judge's grades. The protocol is then `llava`.
  package var grades: URL?

  package init(rules: ScoringProtocol? = nil, onlyAnswered: Bool = false, isLenient: Bool = false) {
    self.rules = rules
    self.onlyAnswered = onlyAnswered
    self.isLenient = isLenient
  }

  /// What departs from the official way of scoring.
  var switches: [String] {
    (onlyAnswered ? ["only answered questions"] : []) + (isLenient ? ["lenient"] : [])
  }
}
