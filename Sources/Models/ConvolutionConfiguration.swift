internal import StrictJSON

/// The short convolutions that some layers have in place of the attention (LFM2).
package struct ConvolutionConfiguration: Sendable, Equatable {
  /// For each layer whether it has one.
  package let layers: [Bool]
  /// Rows that a result looks at: its own and those in front of it.
  package let length: Int
  package let bias: Bool

  /// Without `layer_types` the layers that `full_attn_idxs` does not name, and none without that.
  init(_ json: JSONObject, layers count: Int) throws {
    length = try DecoderConfiguration.size(json, "conv_L_cache", default: 3, limit: 64)
    bias = try json.optionalBool("conv_bias") ?? false
    if let types = try DecoderConfiguration.layerTypes(json, layers: count) {
      if let other = types.first(where: { $0 != "conv" && $0 != "full_attention" }) {
        throw json.error(at: "layer_types", "layers of type \(other) are not supported")
      }
      layers = types.map { $0 == "conv" }
    } else if let attending = try json.optionalInts("full_attn_idxs").map({ Set($0) }) {
      layers = (0..<count).map { !attending.contains($0) }
    } else {
      layers = [Bool](repeating: false, count: count)
    }
  }

  /// LFM2 gives a size that two thirds of are meant, rounded up.
  static func intermediateSize(_ json: JSONObject, _ stated: Int) throws -> Int {
    let size = try json.optionalInt("block_ff_dim") ?? stated
    guard (1...1 << 20).contains(size) else {
      throw json.error(at: "block_ff_dim", "a size between 1 and \(1 << 20) is needed, not \(size)")
    }
    guard try json.optionalBool("block_auto_adjust_ff_dim") ?? true else { return size }
    guard json["block_ffn_dim_multiplier"] != .null else { return max(1, 2 * size / 3) }
    let factor = try json.optionalDouble("block_ffn_dim_multiplier") ?? 1
    guard (0.001...1000).contains(factor) else {
      throw json.error(at: "block_ffn_dim_multiplier", "a factor between 0.001 and 1000 is needed")
    }
    let step = try DecoderConfiguration.size(json, "block_multiple_of", default: 256)
    let wanted = Int(factor * Double(2 * size / 3))
    return max(1, (wanted + step - 1) / step) * step
  }
}
