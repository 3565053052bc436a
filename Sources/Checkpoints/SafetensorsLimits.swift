/// What a safetensors header may demand before the file is refused.
public struct SafetensorsLimits: Sendable {
  public var headerBytes = 16 << 20
  public var tensors = 200_000
  public var rank = 8
  public var nameBytes = 1024

  public init() {}
}
