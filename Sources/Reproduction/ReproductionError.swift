/// Why a study cannot go on, in one sentence that names the place and the remedy.
public struct ReproductionError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
