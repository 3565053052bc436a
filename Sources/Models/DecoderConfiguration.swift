package import StrictJSON
package import Tensors
internal import Wording

/// The families of text decoders. They share one layer and differ in what it has.
package enum DecoderKind: String, Sendable, CaseIterable {
  case llama, mistral, qwen2, qwen3

  /// - Parameter modelType: `model_type` of a configuration or of its `text_config`.
  init?(modelType: String) {
    switch modelType {
    case "qwen2_vl", "qwen2_vl_text", "qwen2_5_vl", "qwen2_5_vl_text": self = .qwen2
    default: self.init(rawValue: modelType)
    }
  }
}

/// The sizes and habits of a text decoder, as config.json or its `text_config` gives them.
package struct DecoderConfiguration: Sendable, Equatable {
  package var kind: DecoderKind
  package var hiddenSize: Int
  package var intermediateSize: Int
  package var layerCount: Int
  package var queryHeads: Int
  package var keyValueHeads: Int
  package var headWidth: Int
  package var vocabularySize: Int
  package var contextLength: Int
  package var normEpsilon: Float
  package var rope: RotaryConfiguration
  package var tiesEmbeddings: Bool
  /// Whether query, key and value have biases (Qwen2), and whether the output of the attention has one.
  package var attentionBias: Bool
  package var attentionOutputBias: Bool
  package var mlpBias: Bool
  /// Whether each head of query and key is normalised in front of the rotation (Qwen3).
  package var normalizesHeads: Bool
  /// The most tokens that a layer looks back on, itself included; nil for all. One per layer.
  package var windows: [Int?]

  /// The layout of queries, keys and values.
  package var heads: AttentionHeads {
    AttentionHeads(queryHeads: queryHeads, keyValueHeads: keyValueHeads, headWidth: headWidth)
  }

  /// Keys that are left out mean the defaults of Hugging Face's configuration classes.
  /// - Parameter kind: The family; by default the one that `model_type` names, or LLaMA.
  package init(_ json: JSONObject, kind: DecoderKind? = nil) throws {
    let type = try json.optionalString("model_type") ?? "llama"
    guard let kind = kind ?? DecoderKind(modelType: type) else {
      let known = DecoderKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw json.error(at: "model_type", "a decoder of type \(type) is not supported; \(known) are")
    }
    self.kind = kind
    hiddenSize = try Self.size(json, "hidden_size", default: 4096)
    intermediateSize = try Self.size(json, "intermediate_size", default: kind.intermediateSize)
    layerCount = try Self.size(json, "num_hidden_layers", default: 32, limit: Self.layerLimit)
    queryHeads = try Self.size(json, "num_attention_heads", default: 32)
    keyValueHeads = try Self.size(json, "num_key_value_heads", default: kind == .mistral ? 8 : queryHeads)
    headWidth = try Self.size(
      json, "head_dim", default: kind == .qwen3 ? 128 : max(1, hiddenSize / queryHeads))
    vocabularySize = try Self.size(json, "vocab_size", default: kind.vocabularySize)
    contextLength = try Self.size(json, "max_position_embeddings", default: kind.contextLength)
    normEpsilon = Float(try json.optionalDouble("rms_norm_eps") ?? 1e-6)
    rope = try RotaryConfiguration(json, headWidth: headWidth)
    tiesEmbeddings = try json.optionalBool("tie_word_embeddings") ?? false
    let bias = try json.optionalBool("attention_bias") ?? false
    attentionBias = kind == .qwen2 || bias
    attentionOutputBias = kind != .qwen2 && bias
    mlpBias = try json.optionalBool("mlp_bias") ?? false
    normalizesHeads = kind == .qwen3
    windows = try Self.windows(json, kind: kind, layers: layerCount)
    if let activation = try json.optionalString("hidden_act"), activation != "silu" {
      throw json.error(at: "hidden_act", "the activation \(activation) is not supported; only silu is")
    }
    guard queryHeads % keyValueHeads == 0, headWidth % 2 == 0 else {
      throw json.error(
        at: "num_key_value_heads",
        "\(queryHeads) query heads of width \(headWidth) cannot share \(keyValueHeads) key heads evenly")
    }
    // A decoder holds the rotation of every position from the start.
    guard contextLength * headWidth <= 1 << 28 else {
      throw json.error(
        at: "max_position_embeddings",
        "\(contextLength) positions for heads of width \(headWidth) take more memory than is allowed; lower max_position_embeddings"
      )
    }
    guard normEpsilon >= 0 else { throw json.error(at: "rms_norm_eps", "it must not be negative") }
  }

  /// The most layers that a decoder or tower may have.
  static let layerLimit = 4096

  /// A count from a configuration: at least 1 and small enough that products of three stay in range.
  static func size(_ json: JSONObject, _ key: String, default fallback: Int, limit: Int = 1 << 20) throws
    -> Int
  {
    let value = try json.optionalInt(key) ?? fallback
    guard (1...limit).contains(value) else {
      throw json.error(at: key, "a size between 1 and \(limit) is needed, not \(value)")
    }
    return value
  }

  /// `layer_types` decides where it is given. Without it all of Mistral's layers have the window, and Qwen's from
  /// `max_window_layers` on if `use_sliding_window` says so.
  private static func windows(_ json: JSONObject, kind: DecoderKind, layers: Int) throws -> [Int?] {
    let all = [Int?](repeating: nil, count: layers)
    guard kind != .llama, json["sliding_window"] != .null else { return all }
    let isOn = try kind == .mistral || json.optionalBool("use_sliding_window") ?? false
    guard isOn else { return all }
    let window = try size(json, "sliding_window", default: 4096)
    if let types = try json.optionalStrings("layer_types") {
      guard types.count == layers else {
        throw json.error(at: "layer_types", "it names \(counted(types.count, "layer")) of \(layers)")
      }
      return types.map { $0 == "sliding_attention" ? window : nil }
    }
    let first = kind == .mistral ? 0 : try json.optionalInt("max_window_layers") ?? 28
    return (0..<layers).map { $0 >= first ? window : nil }
  }
}

extension DecoderKind {
  fileprivate var intermediateSize: Int {
    switch self {
    case .llama: 11008
    case .mistral: 14336
    case .qwen2, .qwen3: 22016
    }
  }

  fileprivate var vocabularySize: Int { self == .llama || self == .mistral ? 32000 : 151_936 }

  fileprivate var contextLength: Int {
    switch self {
    case .llama: 2048
    case .mistral: 131_072
    case .qwen2, .qwen3: 32768
    }
  }
}
