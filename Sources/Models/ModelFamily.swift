internal import Checkpoints
internal import Foundation
package import Images
package import StrictJSON
package import Tokenization

/// One family of checkpoints: how its tensors are named, and how its models are put together, asked and shown pictures.
package protocol ModelFamily: Sendable {
  /// What `model_type` in config.json calls its models.
  static var modelTypes: [String] { get }
  /// Its types, for messages.
  static var summary: String { get }
  /// Whether a config.json of one of its types is the family's own.
  static func reads(_ json: JSONObject) -> Bool

  /// Reads the configuration.
  init(_ files: ModelFiles) throws
  /// As `inspect` prints it.
  var name: String { get }
  /// The family's name of a stored tensor; nil for tensors that the model does without.
  func name(ofStored name: String) -> String?
  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel
  /// Folders of towers that the checkpoint leaves to another repository.
  var towers: [TowerFolder] { get }
  /// The conversation template that its models were trained with.
  var template: ConversationTemplate { get }
  /// What a model's own chat template spells for a picture, where that is not the token of its rows.
  var pictureMark: String? { get }
  /// What makes pictures the models' inputs; nil for models that read text only.
  /// - Throws: `JSONError` if a setting makes no sense or is not supported.
  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)?
  /// How many pictures a prompt of its training had at most; nil where that is not known.
  var picturesPerPrompt: Int? { get }
  /// The side of the pictures where nothing but CLIP's rules makes them; nil for families that need a file of settings.
  var pictureSide: Int? { get }
}

extension ModelFamily {
  package static var summary: String { modelTypes.joined(separator: ", ") }
  package static func reads(_ json: JSONObject) -> Bool { true }
  package var towers: [TowerFolder] { [] }
  package var picturesPerPrompt: Int? { nil }
  package var pictureSide: Int? { nil }
  package var pictureMark: String? { nil }

  /// What makes pictures the inputs of the models in a folder, for families that read pictures.
  /// - Parameters:
  ///   - documents: Where preprocessor_config.json or processor_config.json is.
  ///   - json: config.json.
  /// - Throws: `JSONError` if a file cannot be read or asks for what is not supported.
  package func imageProcessor(_ documents: any DocumentSource, _ json: JSONObject) throws
    -> (any ImageProcessor)?
  {
    try imageProcessor(PreprocessorSettings(documents, model: json, side: pictureSide))
  }
}

/// A folder that holds a tower's weights.
package struct TowerFolder: Sendable {
  let folder: CheckpointFolder
  /// The family's name of a tensor in that folder; nil for tensors that are not needed.
  let name: @Sendable (String) -> String?
}

/// What a family reads its configuration from: config.json, and the folders of towers beside it.
package final class ModelFiles {
  package let json: JSONObject
  /// Nil for models that are made anew.
  let folder: CheckpointFolder?
  /// The configurations of towers that were read, by their paths in a model folder; what is written needs them too.
  private(set) var towerConfigurations: [String: JSONObject] = [:]

  init(json: JSONObject, folder: CheckpointFolder?) {
    self.json = json
    self.folder = folder
  }

  /// For messages.
  var place: String { folder?.url.appendingPathComponent("config.json").path ?? "config.json" }

  /// The folder that a key of config.json names, as it is or seen from the model's folder; nil if there is none.
  func towerURL(_ key: String) throws -> URL? {
    guard let name = try json.optionalString(key), let folder else { return nil }
    let candidates = [
      folder.url.appendingPathComponent(name), URL(fileURLWithPath: name),
      folder.url.appendingPathComponent((name as NSString).lastPathComponent),
    ]
    var isFolder: ObjCBool = false
    return candidates.first {
      FileManager.default.fileExists(atPath: $0.path, isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  /// A configuration beside the weights or in a tower's folder; nil if there is none.
  func configuration(_ name: String, in tower: URL? = nil) throws -> JSONObject? {
    guard let url = (tower ?? folder?.url)?.appendingPathComponent(name),
      FileManager.default.fileExists(atPath: url.path)
    else { return nil }
    let json = try JSONObject.read(contentsOf: url)
    towerConfigurations[tower.map { "\($0.lastPathComponent)/\(name)" } ?? name] = json
    return json
  }
}

/// Buffers that old releases of transformers stored with the weights and that are computed.
func isBuffer(_ name: String) -> Bool {
  name.hasSuffix(".rotary_emb.inv_freq") || name.hasSuffix(".embeddings.position_ids")
}
