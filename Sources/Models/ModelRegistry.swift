package import Checkpoints
internal import Foundation
package import StrictJSON
package import Tensors

/// Model families, found by what config.json says.
package struct ModelRegistry: Sendable {
  /// Of several that read a configuration the first is taken.
  private let families: [any ModelFamily.Type]
  /// The types of models that are laid out as those of another type.
  private var likenesses: [String: String] = [:]

  /// The families that come with the library.
  package static let standard = ModelRegistry(families: [
    PlainDecoder.self, Mistral3.self, Llava.self, LlavaHR.self, OriginalLlava.self, MiniGemini.self,
    LlavaOneVision.self, SmolVLM.self, QwenVL.self, Qwen3VL.self, InternVL.self, FastVLM.self, Gemma3.self,
    LFM2VL.self,
  ])

  /// The same families and another, which is asked before them.
  package func adding(_ family: any ModelFamily.Type) -> ModelRegistry {
    ModelRegistry(families: [family] + families, likenesses: likenesses)
  }

  /// The same families, and models of a further type that are laid out as those of a known one.
  /// - Throws: `ModelError` if `known` is not, or `type` is known already.
  package func adding(type: String, like known: String) throws -> ModelRegistry {
    let types = families.flatMap { $0.modelTypes } + likenesses.keys
    guard types.contains(known) else {
      throw ModelError(
        "the model type \(known) is not known, so none can be like it; known are \(types.sorted().joined(separator: ", "))"
      )
    }
    guard !types.contains(type) else { throw ModelError("the model type \(type) is known already") }
    var registry = self
    registry.likenesses[type] = likenesses[known] ?? known
    return registry
  }

  /// A configuration as the families read it: with the type that its own is like.
  package func known(_ json: JSONObject) -> JSONObject {
    guard let type = json["model_type"]?.string, let known = likenesses[type] else { return json }
    var json = json
    json["model_type"] = .string(known)
    return json
  }

  /// The family of a model that is made anew.
  /// - Throws: `ModelError` for unknown types, `JSONError` if the configuration is not sound.
  package func family(_ json: JSONObject) throws -> any ModelFamily {
    try family(ModelFiles(json: known(json), folder: nil))
  }

  func family(_ files: ModelFiles) throws -> any ModelFamily {
    let type = try files.json.optionalString("model_type") ?? "none"
    guard let family = families.first(where: { $0.modelTypes.contains(type) && $0.reads(files.json) }) else {
      let supported = families.map { $0.summary }.joined(separator: "; ")
      throw ModelError(
        "\(files.place): the model type \(type) is not supported; supported are \(supported)")
    }
    return try family.init(files)
  }

  /// A dense model from a checkpoint folder; keys and tensors of routers are left to the caller.
  /// - Parameters:
  ///   - precision: The format of the weights in memory; nil for packed weights as they are stored and others as float32.
  ///   - isForeign: Names on disk that belong to the caller and not to the dense model.
  ///   - onRead: Receives how many bytes of the weights have been read, and how many there are.
  package func load(
    _ folder: CheckpointFolder, precision: WeightPrecision?, isForeign: (String) -> Bool = { _ in false },
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> VisionLanguageModel {
    let json = try known(folder.config())
    try ForeignQuantization.refuse(json)
    let files = ModelFiles(json: json, folder: folder)
    let family = try family(files)
    let backend = Backend(threads: ProcessInfo.processInfo.activeProcessorCount)
    let source = try CheckpointParameters(
      folder, towers: family.towers, precision: precision, backend: backend, onRead: onRead
    ) { name in
      isForeign(name) ? nil : family.name(ofStored: name)
    }
    var model = family.model(json, from: source)
    try source.finish()
    model.towerConfigurations = files.towerConfigurations
    model.carried = try folder.names
      .filter { !isForeign($0) && family.name(ofStored: PackedMatrix.Format.split($0).name) == nil }.sorted()
      .compactMap { name in
        let entry = try folder.entry(name)
        guard entry.storedType.isFloatingPoint else { return nil }
        let isNarrow = entry.shape.count > 1 && precision ?? .float32 != .float32
        return Parameter(name: name, tensor: try folder.tensor(name, as: isNarrow ? .bfloat16 : .float32))
      }
    return model
  }

  /// Bytes that the weights of a configuration take in memory.
  package func memory(_ json: JSONObject, _ precision: WeightPrecision) throws -> Int {
    let recorder = ShapeRecorder()
    _ = try build(json, from: recorder)
    return recorder.shapes.reduce(0) { $0 + precision.storage($1.role, shape: $1.shape).byteCount($1.shape) }
  }

  /// A model with new random weights.
  package func random(_ json: JSONObject, seed: UInt64) throws -> VisionLanguageModel {
    try build(json, from: RandomParameters(seed: seed))
  }

  /// A model of a configuration with parameters of any origin.
  package func build(_ json: JSONObject, from source: any ParameterSource) throws -> VisionLanguageModel {
    try family(json).model(known(json), from: source)
  }
}
