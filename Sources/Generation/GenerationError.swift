/// Why a request cannot be answered, in one sentence that names the place and the remedy.
package struct GenerationError: Error, CustomStringConvertible, Sendable {
  package let description: String

  package init(_ description: String) { self.description = description }
}
