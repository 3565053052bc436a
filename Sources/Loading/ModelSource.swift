internal import Checkpoints
package import Foundation
internal import Models
internal import StrictJSON

/// Where a model's tensors lie: in one folder, or in a base model's folder and one that changes it.
struct ModelSource {
  private let url: URL
  /// Nil where the folder stands for itself.
  let base: URL?

  /// - Parameter base: The base as the user names it; by default that of `adapter_config.json`.
  /// - Throws: If the adapter's base is nowhere to be found.
  init(_ url: URL, base: URL?) throws {
    self.url = url
    let file = url.appendingPathComponent("adapter_config.json")
    guard base == nil, FileManager.default.fileExists(atPath: file.path) else {
      self.base = base
      return
    }
    let name = try JSONObject.read(contentsOf: file).optionalString("base_model_name_or_path") ?? "none"
    let last = (name as NSString).lastPathComponent
    let candidates = [
      URL(fileURLWithPath: name), url.appendingPathComponent(name),
      url.deletingLastPathComponent().appendingPathComponent(last),
    ]
    guard
      let found = candidates.first(where: {
        FileManager.default.fileExists(atPath: $0.appendingPathComponent("config.json").path)
      })
    else {
      throw ModelError(
        "\(url.path): the adapter changes the model \(name), which is not here; name its folder by --model-base"
      )
    }
    self.base = found
  }

  func open() throws -> CheckpointFolder {
    guard let base else { return try CheckpointFolder(url) }
    let folder = try CheckpointFolder(base)
    if FileManager.default.fileExists(atPath: url.appendingPathComponent("adapter_config.json").path) {
      return try folder.merging(adapter: url)
    }
    // LLaVA's first stage writes its projector alone, under names with various stems.
    return try folder.adding(part: "mm_projector", in: url) { name in
      name.range(of: "mm_projector.").map { "model." + name[$0.lowerBound...] }
    }
  }
}

extension GammaModel {
  /// The folder whose tokenizer and preprocessor a model uses: its own or, where it has none, its base's.
  package static func tokenizerFolder(_ url: URL, base: URL?) throws -> URL {
    let names = ["tokenizer.model", "tokenizer.json", "vocab.json"]
    let hasOwn = names.contains {
      FileManager.default.fileExists(atPath: url.appendingPathComponent($0).path)
    }
    return hasOwn ? url : try ModelSource(url, base: base).base ?? url
  }
}
