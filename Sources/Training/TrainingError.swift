/// Why a training run cannot start or go on, in one sentence that names the place and the remedy.
package struct TrainingError: Error, CustomStringConvertible, Sendable {
  package let description: String

  package init(_ description: String) { self.description = description }
}
