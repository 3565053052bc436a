internal import Foundation
internal import StrictJSON

/// A claim of the paper about two rows of a study, and what the study says about it.
struct Finding: Sendable {
  /// What a claim says of the difference between two rows' accuracies.
  enum Relation: Sendable {
    /// The first row is better.
    case better
    /// The first row loses at most this share of the second's accuracy.
    case losesAtMost(Double)
    /// The first row loses at least this share of the second's accuracy.
    case losesAtLeast(Double)
  }

  enum Verdict: String {
    case confirmed, refuted
    case open = "not decided"
  }

  let claim: String
  let row: String
  let other: String
  let relation: Relation

  init(_ json: JSONObject) throws {
    claim = try json.string("claim")
    row = try json.string("row")
    if let name = try json.optionalString("better_than") {
      (other, relation) = (name, .better)
    } else if let share = try json.optionalDouble("loses_at_most") {
      (other, relation) = (try json.string("against"), .losesAtMost(share))
    } else {
      (other, relation) = (try json.string("against"), .losesAtLeast(try json.double("loses_at_least")))
    }
  }

  /// - Parameters:
  ///   - first, second: The rows' accuracies by seed; each pair saw the same pictures and was asked the same questions.
  /// - Returns: The verdict, and by how many points more than claimed the first row is ahead. It is decided where that
  ///   is further from zero than twice its standard error.
  func judge(_ first: [Double], _ second: [Double]) -> (verdict: Verdict, margin: Spread) {
    let margin = Spread(
      zip(first, second).map { first, second in
        switch relation {
        case .better: first - second
        case .losesAtMost(let share): first - (1 - share) * second
        case .losesAtLeast(let share): (1 - share) * second - first
        }
      })
    guard margin.count > 1, abs(margin.mean) > 2 * margin.standardError else { return (.open, margin) }
    return (margin.mean > 0 ? .confirmed : .refuted, margin)
  }
}
