/// Why a request cannot be answered, in one sentence that names the place and the remedy.
public struct GenerationError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
