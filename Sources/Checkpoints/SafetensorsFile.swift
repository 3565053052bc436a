internal import Files
public import Foundation

/// A safetensors file, mapped into memory and opened only if its header passes every check.
public struct SafetensorsFile: Sendable {
  public let url: URL
  /// Every tensor by name.
  public let entries: [String: TensorEntry]
  /// The tensors' names in the order of their data.
  public let names: [String]
  /// The strings under `__metadata__`.
  public let metadata: [String: String]
  private let mapping: MappedFile

  /// Opens a file and checks its header; reads no tensor.
  /// - Throws: `CheckpointError` if the file is missing, cut off, malformed or over a limit.
  public init(_ url: URL, limits: SafetensorsLimits = SafetensorsLimits()) throws {
    self.url = url
    let mapping = try MappedFile(url)
    self.mapping = mapping
    let header = try mapping.withBytes { try SafetensorsHeader($0, path: url.path, limits: limits) }
    var entries: [String: TensorEntry] = [:]
    for entry in header.entries where entries.updateValue(entry, forKey: entry.name) != nil {
      throw CheckpointError(url.path, "two tensor names look alike: \(entry.name); rename one")
    }
    self.entries = entries
    names = header.entries.map(\.name)
    metadata = header.metadata
  }

  /// - Throws: `CheckpointError` if there is no such tensor.
  public func entry(_ name: String) throws -> TensorEntry {
    guard let entry = entries[name] else {
      throw CheckpointError(url.path, "there is no tensor \(name) among the \(names.count) of this file")
    }
    return entry
  }

  /// Lends the bytes of a tensor, in the stored number format, little-endian; they may be unaligned.
  public func withBytes<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let range = try entry(name).range
    return try mapping.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
