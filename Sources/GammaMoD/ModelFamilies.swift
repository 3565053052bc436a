internal import Models

/// The families of checkpoints that can be loaded.
public struct ModelFamilies: Sendable {
  let registry: ModelRegistry

  /// Those that come with the library: LLaVA-1.5, LLaVA-NeXT, LLaVA-HR, Mini-Gemini, γ-MoD's checkpoints of these,
  /// LLaVA-OneVision, InternVL, Mistral 3 and Pixtral, FastVLM, SmolVLM, Qwen2-VL, Qwen2.5-VL and Qwen3-VL, Gemma 3, LFM2-VL, and
  /// LLaMA, Mistral, Qwen2, Qwen3, Gemma 3 and LFM2 without pictures.
  public static let standard = ModelFamilies(registry: .standard)

  /// The same families, and checkpoints of another `model_type` that are laid out as those of a known one: the same keys in
  /// config.json and the same names of tensors.
  ///
  /// A family with a layout of its own is a file in this package, not in an app.
  /// - Parameters:
  ///   - modelType: `model_type` in their config.json.
  ///   - known: The `model_type` that they are like, such as `llava`. Models that are converted from them are written as such.
  /// - Throws: `.model` if `known` is not known, or `modelType` is already.
  public func adding(_ modelType: String, like known: String) throws(GammaModError) -> ModelFamilies {
    try GammaModError.translating {
      ModelFamilies(registry: try registry.adding(type: modelType, like: known))
    }
  }
}
