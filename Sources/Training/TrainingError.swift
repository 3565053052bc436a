/// Why a training run cannot start or go on, in one sentence that names the place and the remedy.
public struct TrainingError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
