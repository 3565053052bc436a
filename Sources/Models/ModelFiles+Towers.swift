internal import Checkpoints
internal import StrictJSON

/// Towers that LLaVA's own code leaves to repositories of their own.
extension ModelFiles {
  /// The sizes of the CLIP tower that `key` names: from its folder's config.json, or those that published checkpoints mean.
  func clip(_ key: String) throws -> VisionTransformerConfiguration {
    if let json = try towerURL(key).flatMap({ try configuration("config.json", in: $0) }) {
      return try VisionTransformerConfiguration(json.optionalObject("vision_config") ?? json)
    }
    let name = try json.optionalString(key) ?? "none"
    guard name.hasSuffix("clip-vit-large-patch14-336") || name.hasSuffix("clip-vit-large-patch14") else {
      throw json.error(
        at: key,
        "the sizes of the tower \(name) are not known; put its folder with config.json beside the model")
    }
    return try VisionTransformerConfiguration(
      JSONObject([
        ("hidden_size", 1024), ("intermediate_size", 4096), ("num_hidden_layers", 24),
        ("num_attention_heads", 16), ("image_size", name.hasSuffix("336") ? 336 : 224), ("patch_size", 14),
      ]))
  }

  /// The sizes of the CLIP or SigLIP tower that `key` names. LLaVA's code takes the last layer off SigLIP's.
  func tower(_ key: String) throws -> VisionTransformerConfiguration {
    var sizes: JSONObject?
    if let json = try towerURL(key).flatMap({ try configuration("config.json", in: $0) }) {
      let own = try json.optionalObject("vision_config") ?? json
      let type = try own.optionalString("model_type") ?? json.optionalString("model_type") ?? ""
      sizes = type.hasPrefix("siglip") ? own : nil
    } else if try json.optionalString(key)?.hasSuffix("siglip-so400m-patch14-384") == true {
      sizes = JSONObject([
        ("hidden_size", 1152), ("intermediate_size", 4304), ("num_hidden_layers", 27),
        ("num_attention_heads", 16), ("image_size", 384), ("patch_size", 14),
      ])
    }
    guard let sizes else { return try clip(key) }
    var vision = try VisionTransformerConfiguration(sizes, kind: .siglip)
    vision.layerCount -= 1
    return vision
  }

  /// The weights of the tower in a folder of its own, for checkpoints that do not hold them.
  /// - Parameters:
  ///   - stem: The family's names of the tower begin so, without the dot.
  ///   - layers: How many layers are used; what the file has behind them is not needed.
  func towerWeights(_ key: String, stem: String, layers: Int) throws -> [TowerFolder] {
    guard let folder, !folder.names.contains(where: { $0.hasPrefix(stem) }), let url = try towerURL(key),
      let tower = try? CheckpointFolder(url)
    else { return [] }
    let unused = ["vision_model.head.", "vision_model.encoder.layers.\(layers)."]
    return [
      TowerFolder(folder: tower) { name in
        guard name.hasPrefix("vision_model."), !name.hasSuffix("position_ids"),
          !unused.contains(where: { name.hasPrefix($0) })
        else { return nil }
        return "\(stem).\(name)"
      }
    ]
  }
}
