/// What the files of a folder may demand before they are refused.
package struct CheckpointLimits: Sendable {
  package var safetensors = SafetensorsLimits()
  package var pyTorch = PyTorchLimits()

  /// The largest rank of an adapter's matrices.
  package static let loraRank = 65_536

  package init() {}
}
