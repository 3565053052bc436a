/// Why a study cannot go on, in one sentence that names the place and the remedy.
package struct ReproductionError: Error, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
