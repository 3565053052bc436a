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

  /// By how many points more than claimed the first row is ahead, seed by seed.
  /// - Parameters:
  ///   - first, second: The rows' accuracies by seed; each pair saw the same pictures and was asked the same questions.
  func margin(_ first: [Double], _ second: [Double]) -> Spread {
    Spread(
      zip(first, second).map { first, second in
        switch relation {
        case .better: first - second
        case .losesAtMost(let share): first - (1 - share) * second
        case .losesAtLeast(let share): (1 - share) * second - first
        }
      })
  }

  /// The largest chance of being wrong with which a claim is decided.
  static let level = 0.05

  /// - Parameter probability: That of such a margin if there were none, for all claims that are judged at once; nil where
  ///   that is unknown.
  static func verdict(_ margin: Spread, probability: Double?) -> Verdict {
    guard let probability, probability <= level else { return .open }
    return margin.mean > 0 ? .confirmed : .refuted
  }
}
