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
