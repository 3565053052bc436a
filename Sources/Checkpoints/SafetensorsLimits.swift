/// What a safetensors header may demand before the file is refused.
package struct SafetensorsLimits: Sendable {
  package var headerBytes = 16 << 20
  package var tensors = 200_000
  package var rank = 8
  package var nameBytes = 1024

  package init() {}
}
