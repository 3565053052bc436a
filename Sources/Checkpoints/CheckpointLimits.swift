/// What the files of a folder may demand before they are refused.
public struct CheckpointLimits: Sendable {
  public var safetensors = SafetensorsLimits()
  public var pyTorch = PyTorchLimits()

  /// The largest rank of an adapter's matrices.
  package static let loraRank = 65_536

  public init() {}
}
