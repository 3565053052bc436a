internal import Checkpoints
internal import Foundation
internal import MixtureOfDepths
internal import Models
package import StrictJSON
package import Tensors

extension GammaInspection {
  /// All findings; what is unknown because the model is not supported is null.
  package var json: JSONObject {
    var result = JSONObject()
    result["model"] = JSONValue(url.path)
    result["family"] = Self.optional(model.family)
    result["model_type"] = JSONValue(model.modelType)
    result["supported"] = JSONValue(isSupported)
    result["reason"] = Self.optional(reason)
    result["parameters"] = JSONValue(parameterCounts)
    result["image_tokens"] = Self.optional(model.sizes?.tokensPerImage)
    result["image_size"] = Self.optional(model.sizes?.imageSize)
    result["memory_bytes"] = JSONValue(
      JSONObject(formats.map { ($0.rawValue, JSONValue(memory($0))) }))
    result["stored_dtype"] = JSONValue(storedPrecision.rawValue)
    result["default_dtype"] = JSONValue(usualPrecision.rawValue)
    result["free_memory_bytes"] = JSONValue(memory.bytes)
    result["fitting_dtypes"] = JSONValue(
      formats.filter { memory.holds(memory($0)) }.map(\.rawValue))
    result["model_base"] = Self.optional(base?.path)
    result["context_length"] = Self.optional(model.sizes?.decoder.contextLength)
    result["layers"] = Self.optional(model.sizes?.decoder.layerCount)
    result["width"] = Self.optional(model.sizes?.decoder.hiddenSize)
    result["vocabulary"] = Self.optional(model.sizes?.decoder.vocabularySize)
    result["mod"] = routing.map { JSONValue($0.json) } ?? .null
    result["tensors"] = JSONValue(tensors)
    result["missing_files"] = JSONValue(model.missingFiles)
    return result
  }

  /// Learnt numbers, the shared router's included.
  package var parameters: Int { model.parameters + routerParameters }

  /// Bytes that the weights take in memory; routers are always float32.
  package func memory(_ precision: WeightPrecision) -> Int {
    model.memory(precision) + routerParameters * DType.float32.size
  }

  private var parameterCounts: JSONObject {
    let isKnown = model.sizes != nil
    return JSONObject([
      ("total", JSONValue(parameters)),
      ("vision", Self.optional(isKnown ? model.vision.total : nil)),
      ("projector", Self.optional(isKnown ? model.projector.total : nil)),
      ("decoder", Self.optional(isKnown ? model.decoder.total + routerParameters : nil)),
    ])
  }

  private var tensors: JSONObject {
    let types = model.storedTypes.sorted { $0.key.rawValue < $1.key.rawValue }
    return JSONObject([
      ("stored", JSONValue(types.reduce(0) { $0 + $1.value })),
      ("formats", JSONValue(JSONObject(types.map { ($0.key.rawValue, JSONValue($0.value)) }))),
      ("missing", JSONValue(model.faults.missing)),
      ("unexpected", JSONValue(model.faults.unexpected)),
      ("misshapen", JSONValue(model.faults.misshapen)),
    ])
  }

  private static func optional(_ text: String?) -> JSONValue { text.map { JSONValue($0) } ?? .null }
  private static func optional(_ number: Int?) -> JSONValue { number.map { JSONValue($0) } ?? .null }
}
