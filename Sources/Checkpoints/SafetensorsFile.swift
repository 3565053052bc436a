internal import Files
package import Foundation

/// A safetensors file, mapped into memory and opened only if its header passes every check.
package struct SafetensorsFile: TensorFile {
  package let url: URL
  /// Every tensor by name.
  package let entries: [String: TensorEntry]
  /// The tensors' names in the order of their data.
  package let names: [String]
  /// The strings under `__metadata__`.
  package let metadata: [String: String]
  private let mapping: MappedFile

  /// Opens a file and checks its header; reads no tensor.
  /// - Throws: `CheckpointError` if the file is missing, cut off, malformed or over a limit.
  package init(_ url: URL, limits: SafetensorsLimits = SafetensorsLimits()) throws {
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

  package func withBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try mapping.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  package func release(_ range: Range<Int>) { mapping.release(range) }
}
