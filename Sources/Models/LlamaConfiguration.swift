public import StrictJSON

/// The sizes of a LLaMA decoder, as config.json or its `text_config` gives them.
public struct LlamaConfiguration: Sendable, Equatable {
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layerCount: Int
  public var queryHeads: Int
  public var keyValueHeads: Int
  public var headWidth: Int
  public var vocabularySize: Int
  public var contextLength: Int
  public var normEpsilon: Float
  public var ropeTheta: Double
  public var tiesEmbeddings: Bool

  /// Keys that are left out mean the values of LLaMA 7B, as in Hugging Face's configuration class.
  public init(_ json: JSONObject) throws {
    hiddenSize = try Self.size(json, "hidden_size", default: 4096)
    intermediateSize = try Self.size(json, "intermediate_size", default: 11008)
    layerCount = try Self.size(json, "num_hidden_layers", default: 32, limit: Self.layerLimit)
    queryHeads = try Self.size(json, "num_attention_heads", default: 32)
    keyValueHeads = try Self.size(json, "num_key_value_heads", default: queryHeads)
    headWidth = try Self.size(json, "head_dim", default: max(1, hiddenSize / queryHeads))
    vocabularySize = try Self.size(json, "vocab_size", default: 32000)
    contextLength = try Self.size(json, "max_position_embeddings", default: 2048)
    normEpsilon = Float(try json.optionalDouble("rms_norm_eps") ?? 1e-6)
    let rope = try json.optionalObject("rope_parameters")
    ropeTheta = try rope?.optionalDouble("rope_theta") ?? json.optionalDouble("rope_theta") ?? 10000
    tiesEmbeddings = try json.optionalBool("tie_word_embeddings") ?? false
    if let scaling = try json.optionalObject("rope_scaling") ?? rope {
      let kind = try scaling.optionalString("rope_type") ?? scaling.optionalString("type") ?? "default"
      guard kind == "default" else {
        throw json.error(
          at: "rope_scaling", "rotary embeddings of type \(kind) are not supported; only plain ones are")
      }
    }
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
    guard ropeTheta > 0, normEpsilon >= 0 else {
      throw json.error(at: "rope_theta", "it and rms_norm_eps must be positive")
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
}
