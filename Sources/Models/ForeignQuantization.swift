internal import StrictJSON

/// Weights that other programs packed into numbers of few bits, which must not be read as plain numbers.
enum ForeignQuantization {
  /// - Throws: `JSONError` that names the method, if config.json says that the weights are packed in a way that is not known.
  static func refuse(_ json: JSONObject) throws {
    // MLX writes its own key, with and without the usual one beside it.
    if let settings = try json.optionalObject("quantization"),
      json["quantization_config"]?.object?["quant_method"] == nil
    {
      let bits = try settings.optionalInt("bits").map { " of \($0) bits" } ?? ""
      throw json.error(
        at: "quantization",
        "weights packed by MLX\(bits) are not supported; take the original model, or its GGUF file")
    }
    guard let settings = try json.optionalObject("quantization_config") else { return }
    let method = try settings.optionalString("quant_method") ?? "unknown"
    guard method != "gamma-mod" else { return }
    throw json.error(
      at: "quantization_config",
      "weights packed by the method \(method) are not supported; take the original model, or its GGUF file")
  }
}
