internal import Files
package import Foundation

/// A file of `torch.save`, as a zip archive or in the format before PyTorch 1.6, mapped into memory.
///
/// Only tables of tensors are read, and nothing in the file is ever run; see `PickleReader`. Tensors of tables inside
/// the table have names with full stops, such as `model.layers.0.weight`.
package struct PyTorchFile: TensorFile {
  package let url: URL
  package let entries: [String: TensorEntry]
  /// The tensors' names in the order of the table.
  package let names: [String]
  private let mapping: MappedFile

  /// Opens a file and checks what it says about its tensors; reads no tensor.
  /// - Throws: `CheckpointError` if the file is cut off, malformed, over a limit, or holds more than tensors and plain
  ///   values; `FileError` if it cannot be opened.
  package init(_ url: URL, limits: PyTorchLimits = PyTorchLimits()) throws {
    self.url = url
    let mapping = try MappedFile(url)
    self.mapping = mapping
    let found = try mapping.withBytes { try Self.entries($0, path: url.path, limits: limits) }
    names = found.map(\.name)
    var entries: [String: TensorEntry] = [:]
    entries.reserveCapacity(found.count)
    for entry in found where entries.updateValue(entry, forKey: entry.name) != nil {
      throw CheckpointError(
        url.path, "byte \(entry.range.lowerBound): two tensors have the name \(entry.name); rename one")
    }
    self.entries = entries
  }

  /// What a file whose bytes are given says about its tensors, in the order of the table.
  static func entries(
    _ bytes: UnsafeRawBufferPointer, path: String, limits: PyTorchLimits
  ) throws -> [TensorEntry] {
    switch try PyTorchFormat(bytes, path: path) {
    case .archive: try PyTorchArchive(bytes, path: path, limits: limits).entries()
    case .legacy: try LegacyPyTorchFile(bytes, path: path, limits: limits).entries()
    }
  }

  package func withBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try mapping.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  package func release(_ range: Range<Int>) { mapping.release(range) }
}

/// How the first bytes say that a file is to be read.
enum PyTorchFormat {
  case archive, legacy

  /// - Throws: `CheckpointError` that says what the file is instead.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    guard !bytes.isEmpty else { throw CheckpointError(path, "the file is empty; download or write it again") }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      self = .archive
    } else if bytes.first == 0x80 {
      self = .legacy
    } else if bytes.starts(with: Array("version https://git-lfs".utf8)) {
      throw CheckpointError(path, "byte 0: this is Git LFS's note of a file; download the file itself")
    } else {
      throw CheckpointError(
        path, "byte 0: this is no file of torch.save; check its name, or download it again")
    }
  }
}
