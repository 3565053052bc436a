package import Checkpoints
internal import Foundation
package import StrictJSON
package import Tensors

/// The model families, found by what config.json says.
package enum ModelRegistry {
  /// A family with what `model_type` calls it.
  private struct Entry: Sendable {
    let types: [String]
    /// Of several entries with a type the first that fits is taken.
    var fits: @Sendable (JSONObject) -> Bool = { _ in true }
    let family: any ModelFamily.Type
    let description: String
  }

  private static let entries = [
    Entry(
      types: DecoderKind.allCases.map { $0.rawValue }, family: PlainDecoder.self,
      description: "llama, mistral, qwen2, qwen3 (text only)"),
    Entry(
      types: ["llava"], fits: { $0["text_config"] != nil }, family: Llava.self,
      description: "llava (LLaVA-1.5 in Hugging Face layout)"),
    Entry(
      types: ["llava", "llava_llama", "mod_llava_llama"],
      fits: { $0["is_multipath_encoder"] == .bool(true) }, family: LlavaHR.self,
      description: "llava_llama with is_multipath_encoder (LLaVA-HR), mod_llava_llama (γ-MoD-LLaVA-HR)"),
    Entry(
      types: ["llava", "llava_llama", "mod_llava_llama"], family: OriginalLlava.self,
      description: "llava, llava_llama (LLaVA-1.5 in its own code's layout)"),
    Entry(
      types: ["mgm", "mod_mgm"], family: MiniGemini.self,
      description: "mgm (Mini-Gemini, also HD), mod_mgm (γ-MoD-Mini-Gemini)"),
    Entry(types: ["llava_onevision"], family: LlavaOneVision.self, description: "llava_onevision"),
    Entry(types: ["smolvlm", "idefics3"], family: SmolVLM.self, description: "smolvlm, idefics3"),
    Entry(types: ["qwen2_vl", "qwen2_5_vl"], family: QwenVL.self, description: "qwen2_vl, qwen2_5_vl"),
  ]

  /// The model types that load, for messages.
  package static var supported: [String] { entries.map(\.description) }

  static func family(_ files: ModelFiles) throws -> any ModelFamily {
    let type = try files.json.optionalString("model_type") ?? "none"
    guard let entry = entries.first(where: { $0.types.contains(type) && $0.fits(files.json) }) else {
      throw ModelError(
        "\(files.place): the model type \(type) is not supported; supported are \(supported.joined(separator: "; "))"
      )
    }
    return try entry.family.init(files)
  }

  /// A dense model from a checkpoint folder; keys and tensors of routers are left to the caller.
  /// - Parameters:
  ///   - precision: The format of the weights in memory; nil for packed weights as they are stored and others as float32.
  ///   - isForeign: Names on disk that belong to the caller and not to the dense model.
  package static func load(
    _ folder: CheckpointFolder, precision: WeightPrecision?, isForeign: (String) -> Bool = { _ in false }
  ) throws -> VisionLanguageModel {
    let json = try folder.config()
    let files = ModelFiles(json: json, folder: folder)
    let family = try family(files)
    let backend = Backend(threads: ProcessInfo.processInfo.activeProcessorCount)
    let source = try CheckpointParameters(
      folder, towers: family.towers, precision: precision, backend: backend
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

  /// A model with new random weights.
  package static func random(_ json: JSONObject, seed: UInt64) throws -> VisionLanguageModel {
    try build(json, from: RandomParameters(seed: seed))
  }

  /// A model of a configuration with parameters of any origin.
  package static func build(_ json: JSONObject, from source: any ParameterSource) throws
    -> VisionLanguageModel
  {
    try family(ModelFiles(json: json, folder: nil)).model(json, from: source)
  }
}
