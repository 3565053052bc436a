internal import Checkpoints
package import Foundation
internal import GGUF
internal import Models
package import StrictJSON

/// Where a model's tensors lie: in one folder, in a base model's folder and one that changes it, or in files that hold
/// everything.
struct ModelSource {
  private let url: URL
  private let projector: URL?
  /// Nil where the folder stands for itself.
  let base: URL?

  /// - Parameter place: The base as the user names it; by default that of `adapter_config.json`.
  /// - Throws: If the adapter's base is nowhere to be found, or an encoder's file is named for a folder.
  init(_ place: ModelPlace) throws {
    let (url, base) = (place.url, place.base)
    self.url = url
    projector = place.projector
    if let projector, !GGUFFile.isOne(url) {
      throw ModelError(
        choice:
          "\(projector.path): only a model in a GGUF file has its picture encoder in another, and \(url.path) is none"
      )
    }
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
    guard let base else {
      return GGUFFile.isOne(url) ? try GGUFModel.open(url, projector: projector) : try CheckpointFolder(url)
    }
    let folder = GGUFFile.isOne(base) ? try GGUFModel.open(base, projector: nil) : try CheckpointFolder(base)
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
  /// Whether a model is one file that holds everything.
  package static func isFile(_ url: URL) -> Bool { GGUFFile.isOne(url) }

  /// The small files of a model in a folder, or what stands for them in a GGUF file.
  /// - Throws: An error that names the file.
  package static func documents(_ url: URL) throws -> any DocumentSource {
    GGUFFile.isOne(url) ? try GGUFModel.documents(url) : FolderDocuments(url)
  }
}

extension ModelSource {
  /// Where a model's tokenizer and preprocessor are: in its own folder or, where that has none, in its base's.
  /// - Parameter folder: What `open` gave.
  func companions(_ folder: CheckpointFolder) throws -> any DocumentSource {
    guard let base else { return folder.documents }
    let names = ["tokenizer.model", "tokenizer.json", "vocab.json"]
    let own = FolderDocuments(url)
    if names.contains(where: { own.document($0) != nil }) { return own }
    return GGUFFile.isOne(base) ? folder.documents : FolderDocuments(base)
  }
}
