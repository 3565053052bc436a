internal import MixtureOfDepths
package import Models
internal import StrictJSON
package import Tensors

/// Small text models with random weights, large enough that every layer and router changes rows visibly.
package enum TinyModel {
  package static let width = 48
  package static let layers = 4

  /// Decoders that differ in what their layers have.
  package enum Kind: String, CaseIterable, Sendable {
    case llama
    /// With windows, norms on both sides, and pictures whose rows see each other.
    case gemma3
    /// With convolutions in the first and the last layer.
    case lfm2
  }

  /// - Parameters:
  ///   - scale: A factor on the sizes, for models whose work pays for a second thread.
  package static func dense(seed: UInt64, kind: Kind = .llama, scale: Int = 1) throws -> VisionLanguageModel {
    let sizes: [(String, JSONValue)] = [
      ("hidden_size", JSONValue(width * scale)), ("intermediate_size", JSONValue(80 * scale)),
      ("num_hidden_layers", JSONValue(layers)), ("num_attention_heads", 4), ("num_key_value_heads", 2),
      ("head_dim", JSONValue(12 * scale)), ("vocab_size", JSONValue(70 * scale)),
      ("max_position_embeddings", 512),
    ]
    let json =
      switch kind {
      case .llama: JSONObject([("model_type", "llama"), ("rms_norm_eps", 1e-5)] + sizes)
      case .lfm2:
        JSONObject(
          [
            ("model_type", "lfm2"), ("block_auto_adjust_ff_dim", false),
            ("layer_types", .array(["conv", "full_attention", "full_attention", "conv"])),
          ] + sizes)
      case .gemma3:
        JSONObject([
          ("model_type", "gemma3"), ("image_token_index", JSONValue(69)), ("mm_tokens_per_image", 4),
          (
            "text_config",
            .object(
              JSONObject(
                [
                  ("sliding_window", 9), ("sliding_window_pattern", 2), ("query_pre_attn_scalar", 12),
                ] + sizes))
          ),
          (
            "vision_config",
            .object(
              JSONObject([
                ("hidden_size", 8), ("intermediate_size", 8), ("num_hidden_layers", 1),
                ("num_attention_heads", 2), ("image_size", 8), ("patch_size", 2),
              ]))
          ),
        ])
      }
    let model = try ModelRegistry.standard.random(json, seed: seed)
    for parameter in model.parameters { enlarge(parameter, seed: seed) }
    return model
  }

  /// A router whose keep probabilities spread over the whole range.
  package static func router(seed: UInt64) -> Parameter {
    Parameter(name: "router.weight", tensor: rows(2, width: width, seed: seed &+ 1000, deviation: 0.5))
  }

  /// Random rows, such as a decoder gets.
  /// - Shape: `[count, width]`
  package static func rows(_ count: Int, width: Int = width, seed: UInt64, deviation: Float = 1) -> Tensor {
    var normal = NormalNumbers(seed: seed)
    return Tensor((0..<count * width).map { _ in normal.next() * deviation }, shape: [count, width])
  }

  /// From what training starts with to the size of trained weights.
  private static func enlarge(_ parameter: Parameter, seed: UInt64) {
    let values = parameter.tensor.floats()
    if parameter.shape.count == 1 {
      var normal = NormalNumbers(seed: seed ^ UInt64(parameter.name.utf8.count))
      parameter.tensor = Tensor(values.map { $0 + 0.2 * normal.next() }, shape: parameter.shape)
    } else {
      let isEmbedding = parameter.name.hasSuffix("embed_tokens.weight")
      let wanted = isEmbedding ? 1 : 1 / Float(parameter.tensor.width).squareRoot()
      let sum = values.reduce(0) { $0 + $1 * $1 }
      let factor = wanted / (sum / Float(values.count)).squareRoot()
      parameter.tensor = Tensor(values.map { $0 * factor }, shape: parameter.shape)
    }
  }
}
