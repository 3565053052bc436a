package import Foundation
package import StrictJSON
package import Tensors

/// A model's folder: `config.json` and its weights, as safetensors or PyTorch files, in one file or in shards that an
/// index lists. Where both formats are there, safetensors is read. Or what stands for a folder in files of another kind.
package struct CheckpointFolder: TensorSource {
  package let url: URL
  /// Every tensor's name, in the order of the file, or of the index.
  package var names: [String] { tensors.names }
  /// The small files; those of folders that change this one, such as an adapter's, are found before its own.
  package let documents: any DocumentSource
  /// Folders that change this one.
  let overlays: [URL]
  let tensors: any TensorSource
  let limits: CheckpointLimits

  /// Opens the weights and checks what every file says about its tensors; reads no tensor.
  /// - Throws: `CheckpointError`, `FileError` or `JSONError` if the folder or weights are missing or malformed.
  package init(_ url: URL, limits: CheckpointLimits = CheckpointLimits()) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw CheckpointError(url.path, "there is no such folder; check the path or download the model first")
    }
    guard isFolder.boolValue else {
      throw CheckpointError(url.path, "this is a file; name the model's folder instead")
    }
    self.init(
      url, documents: FolderDocuments(url), overlays: [], tensors: try Self.weights(in: url, limits: limits),
      limits: limits)
  }

  /// A model whose tensors and small files come from elsewhere.
  package init(_ url: URL, documents: any DocumentSource, tensors: any TensorSource) {
    self.init(url, documents: documents, overlays: [], tensors: tensors, limits: CheckpointLimits())
  }

  init(
    _ url: URL, documents: any DocumentSource, overlays: [URL], tensors: any TensorSource,
    limits: CheckpointLimits
  ) {
    self.url = url
    self.documents = documents
    self.overlays = overlays
    self.tensors = tensors
    self.limits = limits
  }

  package func entry(_ name: String) throws -> TensorEntry { try tensors.entry(name) }

  package func path(of name: String) throws -> String { try tensors.path(of: name) }

  package func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    try tensors.tensor(name, as: dtype, pool: pool)
  }

  package func withStoredBytes<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try tensors.withStoredBytes(name, body)
  }

  package func withStoredRows<Result>(_ name: String, _ body: ([UnsafeRawPointer]) throws -> Result) throws
    -> Result
  {
    try tensors.withStoredRows(name, body)
  }

  package func int64s(_ name: String) throws -> [Int64] { try tensors.int64s(name) }

  /// `config.json`.
  package func config() throws -> JSONObject { try json("config.json") }

  /// One of the folder's JSON files that holds an object, such as `preprocessor_config.json`.
  /// - Throws: `CheckpointError` if there is none, `JSONError` if it is malformed.
  package func json(_ fileName: String) throws -> JSONObject {
    guard let object = try documents.object(fileName) else {
      throw CheckpointError(url.path, "the folder holds no \(fileName); copy it from the model's source")
    }
    return object
  }

  /// Whether the folder holds a file of that name.
  package func contains(_ fileName: String) -> Bool { (try? documents.contains(fileName)) ?? false }

  /// Opens a part of a model that training wrote beside it, such as `mm_projector.safetensors` or `mm_projector.bin`.
  /// - Parameter stem: The file's name without its suffix.
  /// - Returns: The file, as safetensors if both are there; nil if there is none.
  package func sideFile(_ stem: String) throws -> (any TensorFile)? {
    for folder in overlays + [url] {
      if let file = try WeightFormat.open(stem, in: folder, limits: limits) { return file }
    }
    return nil
  }

  /// The same folder with more tensors, which stand before those of the same name.
  /// - Parameter rename: Gives the name of each tensor of `source` in the model; nil leaves it out.
  /// - Throws: `CheckpointError` if two tensors get the same name.
  package func adding(
    _ source: any TensorSource, rename: (String) -> String? = { $0 }
  ) throws -> CheckpointFolder {
    let layered = try LayeredTensors(source, rename: rename, over: tensors, place: url)
    return CheckpointFolder(
      url, documents: documents, overlays: overlays, tensors: layered, limits: limits)
  }

  /// The same folder with a part of the model that lies in another one, whose JSON files are then found first.
  /// - Parameters:
  ///   - stem: The name of the part's file without its suffix.
  ///   - rename: As for `adding(_:rename:)`.
  /// - Throws: `CheckpointError` if there is no such file, or two tensors get the same name.
  package func adding(
    part stem: String, in folder: URL, rename: (String) -> String?
  ) throws -> CheckpointFolder {
    guard let part = try WeightFormat.open(stem, in: folder, limits: limits) else {
      throw CheckpointError(
        folder.path,
        "the folder holds neither an adapter nor \(stem).bin; name a folder that changes the base model")
    }
    return layered(
      with: folder, tensors: try LayeredTensors(part, rename: rename, over: tensors, place: url))
  }

  /// The same folder as another one changes it, whose small files are found first.
  func layered(with folder: URL, tensors: any TensorSource) -> CheckpointFolder {
    CheckpointFolder(
      url, documents: LayeredDocuments([FolderDocuments(folder), documents], path: url.path),
      overlays: [folder] + overlays, tensors: tensors, limits: limits)
  }

  private static func weights(in folder: URL, limits: CheckpointLimits) throws -> any TensorSource {
    for format in WeightFormat.allCases {
      if let file = try WeightFormat.open(format.stem, in: folder, limits: limits) { return file }
      let index = folder.appendingPathComponent(format.indexName)
      if FileManager.default.fileExists(atPath: index.path) {
        return try ShardedTensors(index: index, format: format, limits: limits)
      }
    }
    throw CheckpointError(folder.path, "the folder holds no weights; \(remedyForMissingWeights(in: folder))")
  }

  private static func remedyForMissingWeights(in folder: URL) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    if names.contains("adapter_config.json") {
      return "it holds an adapter, so name the model that the adapter changes by --model-base"
    }
    if names.contains(where: { $0.hasPrefix("mm_projector.") || $0.hasPrefix("non_lora_trainables.") }) {
      return "it holds a part of a model, so name the model that the part belongs to by --model-base"
    }
    if let other = names.filter({ $0.hasSuffix(".safetensors") }).min() {
      return "rename \(other) to model.safetensors, or add model.safetensors.index.json if there are several"
    }
    if let other = names.filter({ $0.hasSuffix(".bin") || $0.hasSuffix(".pth") || $0.hasSuffix(".pt") }).min()
    {
      return "rename \(other) to pytorch_model.bin, or add pytorch_model.bin.index.json if there are several"
    }
    return "add model.safetensors, or shards with model.safetensors.index.json"
  }
}
