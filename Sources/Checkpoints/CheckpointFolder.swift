public import Foundation
public import StrictJSON
public import Tensors

/// A model's folder: `config.json` and its weights, in `model.safetensors` or in shards that
/// `model.safetensors.index.json` lists.
public struct CheckpointFolder: Sendable {
  public let url: URL
  /// Every tensor's name, in the order of the file, or of the index.
  public let names: [String]
  private let files: [SafetensorsFile]
  /// Which of `files` holds a tensor.
  private let locations: [String: Int]

  /// Opens the weights and checks every header; reads no tensor.
  /// - Throws: `CheckpointError` or `JSONError` if the folder or weights are missing or malformed.
  public init(_ url: URL, limits: SafetensorsLimits = SafetensorsLimits()) throws {
    self.url = url
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw CheckpointError(url.path, "there is no such folder; check the path or download the model first")
    }
    guard isFolder.boolValue else {
      throw CheckpointError(url.path, "this is a file; name the model's folder instead")
    }
    let index = url.appendingPathComponent("model.safetensors.index.json")
    let single = url.appendingPathComponent("model.safetensors")
    if FileManager.default.fileExists(atPath: single.path) {
      let file = try SafetensorsFile(single, limits: limits)
      files = [file]
      names = file.names
      locations = file.entries.mapValues { _ in 0 }
    } else if FileManager.default.fileExists(atPath: index.path) {
      (files, names, locations) = try Self.shards(of: index, in: url, limits: limits)
    } else {
      throw CheckpointError(url.path, "the folder holds no weights; \(Self.remedyForMissingWeights(in: url))")
    }
  }

  /// `config.json`.
  public func config() throws -> JSONObject { try json("config.json") }

  /// One of the folder's JSON files that holds an object, such as `preprocessor_config.json`.
  /// - Throws: `CheckpointError` if there is none, `JSONError` if it is malformed.
  public func json(_ fileName: String) throws -> JSONObject {
    guard contains(fileName) else {
      throw CheckpointError(url.path, "the folder holds no \(fileName); copy it from the model's source")
    }
    return try JSONObject.read(contentsOf: url.appendingPathComponent(fileName))
  }

  /// Whether the folder holds a file of that name.
  public func contains(_ fileName: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent(fileName).path)
  }

  /// The header entry of a tensor.
  /// - Throws: `CheckpointError` if there is no such tensor.
  public func entry(_ name: String) throws -> TensorEntry { try file(of: name).entry(name) }

  /// The file that holds a tensor.
  /// - Throws: `CheckpointError` if there is no such tensor.
  public func file(of name: String) throws -> SafetensorsFile {
    guard let location = locations[name] else {
      throw CheckpointError(url.path, "the weights hold no tensor \(name); check that the model is complete")
    }
    return files[location]
  }

  /// As `SafetensorsFile.tensor`.
  public func tensor(_ name: String, as dtype: DType = .float32, pool: MemoryPool? = nil) throws -> Tensor {
    try file(of: name).tensor(name, as: dtype, pool: pool)
  }

  /// As `SafetensorsFile.int64s`.
  public func int64s(_ name: String) throws -> [Int64] { try file(of: name).int64s(name) }

  private static func shards(
    of index: URL, in folder: URL, limits: SafetensorsLimits
  ) throws -> (files: [SafetensorsFile], names: [String], locations: [String: Int]) {
    let weightMap = try JSONObject.read(contentsOf: index).object("weight_map")
    guard !weightMap.isEmpty else {
      throw CheckpointError(index.path, "weight_map is empty; copy the index from where the model came from")
    }
    guard weightMap.count <= limits.tensors else {
      throw CheckpointError(index.path, "weight_map has more than \(limits.tensors) tensors; raise the limit")
    }
    var shardNames: [String] = []
    var shardNumbers: [String: Int] = [:]
    var locations: [String: Int] = [:]
    for name in weightMap.keys {
      let shard = try weightMap.string(name)
      // A shard outside the folder would let a downloaded model read other files.
      guard shard.hasSuffix(".safetensors"), !shard.contains(where: { "/\\\0".contains($0) }) else {
        throw CheckpointError(
          index.path, "weight_map.\(name): \"\(shard)\" names no .safetensors file in this folder")
      }
      let number = shardNumbers[shard] ?? shardNames.count
      if number == shardNames.count {
        shardNames.append(shard)
        shardNumbers[shard] = number
      }
      guard locations.updateValue(number, forKey: name) == nil else {
        throw CheckpointError(index.path, "two names in weight_map look alike: \(name); rename one")
      }
    }
    let urls = shardNames.map { folder.appendingPathComponent($0) }
    let missing = urls.filter { !FileManager.default.fileExists(atPath: $0.path) }
    guard missing.isEmpty else {
      let list = missing.map(\.lastPathComponent).sorted().joined(separator: ", ")
      throw CheckpointError(
        folder.path, "\(missing.count) of \(urls.count) weight files are missing: \(list); download them")
    }
    let files = try urls.map { try SafetensorsFile($0, limits: limits) }
    let absent = locations.filter { files[$0.value].entries[$0.key] == nil }
    if let first = absent.keys.min(), let shard = absent[first] {
      throw CheckpointError(
        index.path,
        "\(absent.count) tensors are not in the files that weight_map names, such as \(first) in "
          + "\(shardNames[shard]); download index and files from the same place")
    }
    return (files, weightMap.keys, locations)
  }

  private static func remedyForMissingWeights(in folder: URL) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    if names.contains(where: { $0.hasSuffix(".bin") || $0.hasSuffix(".pth") || $0.hasSuffix(".pt") }) {
      return "convert its PyTorch weights to model.safetensors"
    }
    if let other = names.filter({ $0.hasSuffix(".safetensors") }).min() {
      return "rename \(other) to model.safetensors, or add model.safetensors.index.json if there are several"
    }
    return "add model.safetensors, or shards with model.safetensors.index.json"
  }
}
