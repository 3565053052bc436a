/// Why a model cannot be built, loaded or run, in one sentence that names the place and the remedy.
package struct ModelError: Error, CustomStringConvertible, Sendable {
  package let description: String
  /// Whether something was asked for that this model does not have, rather than the model being at fault.
  package let isChoice: Bool

  package init(_ description: String) { (self.description, isChoice) = (description, false) }

  /// - Parameter description: What was asked for, why the model does not have it, and what can be asked for.
  package init(choice description: String) { (self.description, isChoice) = (description, true) }
}
