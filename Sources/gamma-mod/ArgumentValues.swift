internal import ArgumentParser
package import MixtureOfDepths
package import Models
package import PocketWorld
package import Tensors

// Choices that options take by the names that files use for them.
extension ARankReport.Variant: ExpressibleByArgument {}
extension DType: ExpressibleByArgument {}
extension LayerPlan.Positions: ExpressibleByArgument {}
extension RoutingConfiguration.Protection: ExpressibleByArgument {}
/// An option that is on or off.
enum Switch: String, ExpressibleByArgument, CaseIterable {
  case on, off
}

extension WorldSplit: ExpressibleByArgument {}

// Choices that options name in words of their own. They stand apart from the commands, whose options would else need the
// command to be known before it is.
extension WeightPrecision {
  static func argument(_ name: String) throws -> WeightPrecision {
    guard let precision = WeightPrecision(rawValue: name) else {
      throw ValidationError(
        "--dtype is one of \(WeightPrecision.choices.map(\.rawValue).joined(separator: ", ")), not \(name)")
    }
    return precision
  }
}

extension KeyValueFormat {
  static func argument(_ name: String) throws -> KeyValueFormat {
    guard let format = KeyValueFormat(rawValue: name) else {
      throw ValidationError(
        "--kv-cache-dtype is one of \(KeyValueFormat.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)"
      )
    }
    return format
  }
}
