import ArgumentParser

/// Checks of counts that a user gives, before anything is done with them.
enum Bounds {
  /// More threads than any machine of today has processors.
  static let threads = 1...1024
  /// More than anybody waits for.
  static let repeats = 1...100_000
  /// Counts that only end a loop over what is there.
  static let any = 1...Int.max

  /// - Parameter flag: As the user writes it.
  static func check(_ flag: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
    guard let value, !range.contains(value) else { return }
    let bounds =
      range.upperBound == .max
      ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    throw ValidationError("\(flag) takes \(bounds), not \(value)")
  }

  static func check(_ flag: String, share value: Double?) throws {
    guard let value, !(0...1).contains(value) else { return }
    throw ValidationError("\(flag): a share between 0 and 1 is needed, not \(value)")
  }

  /// Refuses flags that would change nothing.
  /// - Parameters:
  ///   - flags: Each with whether it was given.
  ///   - reason: Why, as a clause.
  static func refuse(_ flags: [(name: String, isGiven: Bool)], _ reason: String) throws {
    let given = flags.filter(\.isGiven).map(\.name)
    guard !given.isEmpty else { return }
    throw ValidationError("\(given.joined(separator: ", ")): \(reason); leave it out")
  }
}
