internal import Models
internal import PocketWorld
internal import Tensors

/// Linear heads that name what a patch shows, one output per label, the lessons side by side.
struct PatchHeads: Sendable {
  let weight: Parameter
  let bias: Parameter

  init(featureWidth: Int, from source: any ParameterSource) {
    let outputs = Self.lessons.reduce(0) { $0 + $1.count }
    weight = source.parameter(
      "patches.heads.weight", [outputs, featureWidth], initial: .normal(deviation: 0.02))
    bias = source.parameter("patches.heads.bias", [outputs], initial: .constant(0))
  }

  /// - Shape: `[patches, labels of all lessons]`
  func scores(_ features: Value, _ tape: Tape) -> Value { tape.linear(features, weight, bias: bias) }

  /// The labels that heads learn to name, at centres and letters and of the object that fills a patch: how many there are
  /// (0 for nothing included), the factor on the loss, and whether the decoder is told them.
  static let lessons: [(name: String, count: Int, weight: Float, isAim: Bool)] = [
    ("shape", 6, 1, true), ("color", 7, 1, true), ("size", 3, 1, true), ("letter", 27, 1, true),
    ("filling shape", 6, 0.5, false), ("filling color", 7, 0.5, false), ("filling size", 3, 0.5, false),
    ("row offset", 6, 0.5, false), ("column offset", 6, 0.5, false),
  ]

  /// The labels of every lesson for the patches of a scene.
  static func labels(_ scene: Scene) -> [[UInt8]] {
    let (labels, coverage) = (PatchLabels(scene), PatchCoverage(scene))
    return [
      labels.shape, labels.color, labels.size, labels.letter, coverage.shape, coverage.color, coverage.size,
      coverage.rowOffset, coverage.columnOffset,
    ]
  }
}
