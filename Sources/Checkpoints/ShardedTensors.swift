import Foundation
import StrictJSON
import Tensors
import Wording

/// Tensors in several files, each of which an index finds by name.
struct ShardedTensors: TensorSource {
  let names: [String]
  private let files: [any TensorFile]
  /// Which of `files` holds a tensor.
  private let locations: [String: Int]
  private let index: URL

  /// Opens the files that an index lists and checks that they hold what it says.
  /// - Throws: One `CheckpointError` for everything that is missing or there twice; what a file throws that cannot be
  ///   opened; `JSONError` if the index is malformed.
  init(index: URL, format: WeightFormat, limits: CheckpointLimits) throws {
    let folder = index.deletingLastPathComponent()
    let weightMap = try JSONObject.read(contentsOf: index).object("weight_map")
    guard !weightMap.isEmpty else {
      throw CheckpointError(index.path, "weight_map is empty; copy the index from where the model came from")
    }
    guard weightMap.count <= limits.safetensors.tensors else {
      throw CheckpointError(
        index.path,
        "weight_map has more than \(limits.safetensors.tensors) tensors; more is taken for an attack, so get the file anew"
      )
    }
    var shards: [String] = []
    var numbers: [String: Int] = [:]
    var locations: [String: Int] = [:]
    for name in weightMap.keys {
      let shard = try weightMap.string(name)
      // A shard outside the folder would let a downloaded model read other files.
      guard shard.hasSuffix(format.suffix), !shard.contains(where: { "/\\\0".contains($0) }) else {
        throw CheckpointError(
          index.path, "weight_map.\(name): \"\(shard)\" names no \(format.suffix) file in this folder")
      }
      let number = numbers[shard] ?? shards.count
      if number == shards.count {
        shards.append(shard)
        numbers[shard] = number
      }
      guard locations.updateValue(number, forKey: name) == nil else {
        throw CheckpointError(index.path, "two names in weight_map look alike: \(name); rename one")
      }
    }
    let opened = try shards.map { shard -> (any TensorFile)? in
      let url = folder.appendingPathComponent(shard)
      return FileManager.default.fileExists(atPath: url.path) ? try format.open(url, limits: limits) : nil
    }
    let faults = Self.faults(shards, opened, locations)
    guard faults.isEmpty else {
      throw CheckpointError(
        folder.path, "\(faults.joined(separator: ". ")). Download index and files again from the same place")
    }
    files = opened.compactMap { $0 }
    names = weightMap.keys
    self.locations = locations
    self.index = index
  }

  func entry(_ name: String) throws -> TensorEntry { try file(of: name).entry(name) }

  func path(of name: String) throws -> String { try file(of: name).path(of: name) }

  func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    try file(of: name).tensor(name, as: dtype, pool: pool)
  }

  func int64s(_ name: String) throws -> [Int64] { try file(of: name).int64s(name) }

  func withStoredBytes<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result
  {
    try file(of: name).withStoredBytes(name, body)
  }

  func withStoredRows<Result>(_ name: String, _ body: ([UnsafeRawPointer]) throws -> Result) throws -> Result
  {
    try file(of: name).withStoredRows(name, body)
  }

  private func file(of name: String) throws -> any TensorFile {
    guard let location = locations[name] else { throw CheckpointError.noTensor(name, at: index) }
    return files[location]
  }

  /// Everything that is wrong with the files together, each kind as a sentence without its full stop.
  private static func faults(
    _ shards: [String], _ files: [(any TensorFile)?], _ locations: [String: Int]
  ) -> [String] {
    var faults: [String] = []
    let missing = zip(shards, files).filter { $0.1 == nil }.map(\.0).sorted()
    if !missing.isEmpty {
      faults.append(
        "of \(counted(shards.count, "weight file")) \(counted(missing.count, "is", "are")) missing: \(missing.joined(separator: ", "))"
      )
    }
    let absent = locations.filter { name, number in files[number].map { $0.entries[name] == nil } ?? false }
      .map { "\($0.key) in \(shards[$0.value])" }.sorted()
    if !absent.isEmpty {
      faults.append(
        "\(counted(absent.count, "tensor is", "tensors are")) not in the files that weight_map names, such as \(list(absent))"
      )
    }
    var owners: [String: [String]] = [:]
    for (shard, file) in zip(shards, files) {
      for name in file?.names ?? [] { owners[name, default: []].append(shard) }
    }
    let twice = owners.filter { $0.value.count > 1 }
      .map { "\($0.key) in \($0.value.joined(separator: " and "))" }.sorted()
    if !twice.isEmpty {
      faults.append(
        "\(counted(twice.count, "tensor is", "tensors are")) in several files, such as \(list(twice))")
    }
    return faults
  }

  private static func list(_ items: [String]) -> String { items.prefix(4).joined(separator: ", ") }
}

extension CheckpointError {
  static func noTensor(_ name: String, at url: URL) -> CheckpointError {
    CheckpointError(url.path, "the weights hold no tensor \(name); check that the model is complete")
  }
}
