package import StrictJSON
package import Tensors
internal import Wording

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
  /// How layers with a window turn positions, where they do it differently (Gemma 3).
  package var windowedRope: RotaryConfiguration?
  /// What the MLP's gate goes through.
  package var gate: Activation
  /// What is added to the weights of norms (Gemma).
  package var normOffset: Float
  /// What token rows are multiplied by (Gemma).
  package var embeddingScale: Float
  /// What products of queries and keys are multiplied by; 1 / √headWidth if nil.
  package var attentionScale: Float?
  /// Logits are bent so that none is larger; nil for straight ones (Gemma 2).
  package var largestLogit: Float?
  /// Whether the rows of a picture see each other (Gemma 3).
  package var picturesSeeThemselves = false
  /// The layers that have a short convolution in place of the attention (LFM2); nil without any.
  package var convolution: ConvolutionConfiguration?

  /// The layout of queries, keys and values.
  package var heads: AttentionHeads {
    AttentionHeads(
      queryHeads: queryHeads, keyValueHeads: keyValueHeads, headWidth: headWidth, scale: attentionScale)
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
    let usual = kind.usual
    hiddenSize = try Self.size(json, "hidden_size", default: usual.hiddenSize)
    layerCount = try Self.size(
      json, "num_hidden_layers", default: usual.layers, limit: Self.layerLimit)
    queryHeads = try Self.size(json, "num_attention_heads", default: usual.heads)
    keyValueHeads = try Self.size(
      json, "num_key_value_heads", default: usual.keyValueHeads ?? queryHeads)
    headWidth = try Self.size(
      json, "head_dim", default: usual.headWidth ?? max(1, hiddenSize / queryHeads))
    vocabularySize = try Self.size(json, "vocab_size", default: usual.vocabularySize)
    contextLength = try Self.size(json, "max_position_embeddings", default: usual.contextLength)
    normEpsilon = Float(try json.optionalDouble(usual.epsilonKey) ?? usual.normEpsilon)
    rope = try RotaryConfiguration(json, headWidth: headWidth, kind.rotary)
    if let habits = kind.windowedRotary {
      windowedRope = try RotaryConfiguration(json, headWidth: headWidth, habits)
    }
    if let longest = rope.scaling.longestSequence { contextLength = min(contextLength, longest) }
    tiesEmbeddings = try json.optionalBool("tie_word_embeddings") ?? usual.tiesEmbeddings
    let bias = try json.optionalBool("attention_bias") ?? false
    attentionBias = kind == .qwen2 || bias
    attentionOutputBias = kind != .qwen2 && bias
    mlpBias = try json.optionalBool("mlp_bias") ?? false
    normalizesHeads = kind != .llama && kind != .mistral && kind != .qwen2
    windows = try Self.windows(json, kind: kind, layers: layerCount)
    gate = usual.activation.kind
    (normOffset, embeddingScale) = kind == .gemma3 ? (1, Float(hiddenSize).squareRoot()) : (0, 1)
    intermediateSize = try Self.size(json, "intermediate_size", default: usual.intermediateSize)
    if kind == .lfm2 {
      (intermediateSize, convolution) = (
        try ConvolutionConfiguration.intermediateSize(json, intermediateSize),
        try ConvolutionConfiguration(json, layers: layerCount)
      )
      if let ties = try json.optionalBool("tie_embedding") { tiesEmbeddings = ties }
    }
    if kind == .gemma3 { try readGemma(json) }
    let (name, key) = (usual.activation.name, usual.activation.key)
    if let activation = try json.optionalString(key), activation != name {
      throw json.error(at: key, "the activation \(activation) is not supported; only \(name) is")
    }
    guard convolution == nil || hiddenSize % 2 == 0 else {
      throw json.error(at: "hidden_size", "rows of convolutions must have an even width")
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

  private mutating func readGemma(_ json: JSONObject) throws {
    let scalar = try json.optionalDouble("query_pre_attn_scalar") ?? 256
    guard scalar > 0 else { throw json.error(at: "query_pre_attn_scalar", "it must be positive") }
    attentionScale = Float(1 / scalar.squareRoot())
    largestLogit = try json.optionalDouble("final_logit_softcapping").map { Float($0) }
    guard largestLogit ?? 1 > 0 else {
      throw json.error(at: "final_logit_softcapping", "it must be positive")
    }
    guard try json.optionalDouble("attn_logit_softcapping") == nil else {
      throw json.error(at: "attn_logit_softcapping", "bent attention scores (Gemma 2) are not supported")
    }
    guard try json.optionalBool("use_bidirectional_attention") != true else {
      throw json.error(at: "use_bidirectional_attention", "text that looks ahead is not supported")
    }
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

  /// `layer_types` decides where it is given. Without it all of Mistral's layers have the window, Qwen's from
  /// `max_window_layers` on if `use_sliding_window` says so, and of Gemma's all but every sixth.
  private static func windows(_ json: JSONObject, kind: DecoderKind, layers: Int) throws -> [Int?] {
    let all = [Int?](repeating: nil, count: layers)
    switch kind {
    case .llama, .lfm2, .qwen3VL: return all
    case .mistral, .gemma3: break
    case .qwen2, .qwen3: guard try json.optionalBool("use_sliding_window") ?? false else { return all }
    }
    guard json["sliding_window"] != .null else { return all }
    let window = try size(json, "sliding_window", default: 4096)
    if let types = try layerTypes(json, layers: layers) {
      return types.map { $0 == "sliding_attention" ? window : nil }
    }
    if kind == .gemma3 {
      let pattern = try size(json, "sliding_window_pattern", default: 6)
      return (1...layers).map { $0 % pattern == 0 ? nil : window }
    }
    let first = kind == .mistral ? 0 : try json.optionalInt("max_window_layers") ?? 28
    return (0..<layers).map { $0 >= first ? window : nil }
  }

  /// The kind of each layer; nil where the file does not say.
  static func layerTypes(_ json: JSONObject, layers: Int) throws -> [String]? {
    guard let types = try json.optionalStrings("layer_types") else { return nil }
    guard types.count == layers else {
      throw json.error(at: "layer_types", "it names \(counted(types.count, "layer")) of \(layers)")
    }
    return types
  }
}
