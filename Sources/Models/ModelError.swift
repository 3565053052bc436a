/// Why a model cannot be built, loaded or run, in one sentence that names the place and the remedy.
public struct ModelError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
