/// Why a model cannot be built, loaded or run, in one sentence that names the place and the remedy.
package struct ModelError: Error, CustomStringConvertible, Sendable {
  package let description: String

  package init(_ description: String) { self.description = description }
}
