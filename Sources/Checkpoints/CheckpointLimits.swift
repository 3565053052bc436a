/// What the files of a folder may demand before they are refused.
public struct CheckpointLimits: Sendable {
  public var safetensors = SafetensorsLimits()
  public var pyTorch = PyTorchLimits()

  public init() {}
}
