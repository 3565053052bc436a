internal import StrictJSON
package import Tensors

/// Well-known vision towers with random weights, for timing them alone.
package enum TowerShape: String, Sendable, CaseIterable {
  case clipL336 = "clip-l-336"
  case siglipSo400m384 = "siglip-so400m-384"
  case convNeXtL1024 = "convnext-l-1024"

  /// The side of the square picture that it is timed with.
  package var imageSize: Int {
    switch self {
    case .clipL336: 336
    case .siglipSo400m384: 384
    case .convNeXtL1024: 1024
    }
  }

  /// A tower that turns pixels into the rows of its last layer.
  /// - Shape: `[1, 3, imageSize, imageSize]` → `[cells, width]`
  package func tower(_ precision: WeightPrecision) throws -> (Tensor, Tape) -> Value {
    let source = RepeatedNoise(precision)
    switch self {
    case .clipL336: return try Self.transformer(Self.clip, .clip, source)
    case .siglipSo400m384: return try Self.transformer(Self.siglip, .siglip, source)
    case .convNeXtL1024:
      let tower = ConvNeXtTower(
        ConvNeXtConfiguration(depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536]), stem: "stem",
        stages: "stages", scale: "gamma", from: source)
      return { pixels, tape in tower.stages(pixels, tape)[3].rows }
    }
  }

  private static func transformer(
    _ json: JSONObject, _ kind: VisionTransformerConfiguration.Kind, _ source: any ParameterSource
  ) throws -> (Tensor, Tape) -> Value {
    let tower = VisionTransformer(
      try VisionTransformerConfiguration(json, kind: kind), name: "tower", from: source)
    return { pixels, tape in tower.features(pixels, layers: [-1], keepsFirst: true, tape) }
  }

  private static let clip = JSONObject([
    ("hidden_size", 1024), ("intermediate_size", 4096), ("num_hidden_layers", 24),
    ("num_attention_heads", 16), ("image_size", 336), ("patch_size", 14),
  ])

  private static let siglip = JSONObject([
    ("hidden_size", 1152), ("intermediate_size", 4304), ("num_hidden_layers", 27),
    ("num_attention_heads", 16), ("image_size", 384), ("patch_size", 14),
  ])
}
