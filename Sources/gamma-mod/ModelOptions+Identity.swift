import StrictJSON
import Tensors

extension ModelOptions {
  /// The options that change answers, as answer files name them.
  /// - Throws: As opening the model's folder does, which says in which format the weights are held.
  var identity: [(String, JSONValue)] {
    get throws {
      var pairs: [(String, JSONValue)] = []
      for (key, path) in [("model_base", companions.modelBase), ("mmproj", companions.projector)] {
        if let path { pairs.append((key, JSONValue(path.path))) }
      }
      if let precision = try precision() { pairs.append(("dtype", JSONValue(precision.rawValue))) }
      if cacheFormat != .float32 { pairs.append(("kv_cache_dtype", JSONValue(cacheFormat.rawValue))) }
      if let template { pairs.append(("conv_mode", JSONValue(template.name))) }
      if dense { pairs.append(("dense", true)) }
      if let skip { pairs.append(("skip", JSONValue(skip))) }
      return pairs
    }
  }
}

extension SamplingArguments {
  /// The options that change answers, as answer files name them; those at their usual values are left out.
  var identity: [(String, JSONValue)] {
    var pairs: [(String, JSONValue)] = [("max_tokens", JSONValue(maxTokens))]
    if temperature > 0 {
      pairs += [
        ("temperature", JSONValue(temperature)), ("seed", JSONValue(Int(truncatingIfNeeded: seed))),
      ]
    }
    if topK != 0 { pairs.append(("top_k", JSONValue(topK))) }
    if topP != 1 { pairs.append(("top_p", JSONValue(topP))) }
    if minP != 0 { pairs.append(("min_p", JSONValue(minP))) }
    let penalties = [
      ("repeat_penalty", repeatPenalty, 1), ("presence_penalty", presencePenalty, 0),
      ("frequency_penalty", frequencyPenalty, 0),
    ].filter { $0.1 != $0.2 }
    pairs += penalties.map { ($0.0, JSONValue($0.1)) }
    if !penalties.isEmpty { pairs.append(("repeat_last_n", JSONValue(penaltyWindow))) }
    if !logitBias.isEmpty {
      pairs.append(("logit_bias", JSONValue(logitBias.map { "\($0.id)\($0.bias < 0 ? "" : "+")\($0.bias)" })))
    }
    if !stop.isEmpty { pairs.append(("stop", JSONValue(stop))) }
    if ignoresEnd { pairs.append(("ignore_eos", true)) }
    return pairs
  }
}
