package import Checkpoints
internal import Files
package import Foundation
package import Tensors

/// A file of llama.cpp's format, mapped into memory and opened only if all that it says about itself passes every check.
package struct GGUFFile: TensorFile {
  package let url: URL
  package let entries: [String: TensorEntry]
  /// The tensors' names in the order of their data.
  package let names: [String]
  package let metadata: GGUFMetadata
  private let mapping: MappedFile

  /// Opens a file and checks its header; reads no tensor.
  /// - Throws: `CheckpointError` or `FileError` if the file is missing, cut off, malformed or of a version or an element type
  ///   that is not supported.
  package init(_ url: URL) throws {
    self.url = url
    let mapping = try MappedFile(url)
    self.mapping = mapping
    let header = try mapping.withBytes { bytes in
      var reader = GGUFReader(bytes, path: url.path)
      return try reader.read()
    }
    metadata = GGUFMetadata(header.metadata, path: url.path)
    names = header.tensors.map(\.name)
    entries = Dictionary(
      header.tensors.map { tensor in
        let start = header.dataStart + tensor.offset
        let range = start..<start + tensor.byteCount
        return (
          tensor.name,
          TensorEntry(name: tensor.name, storedType: tensor.type, shape: tensor.shape, range: range)
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a file begins as those of the format do.
  package static func isOne(_ url: URL) -> Bool {
    guard let file = try? FileHandle(forReadingFrom: url), let start = try? file.read(upToCount: 4) else {
      return false
    }
    return start == Data("GGUF".utf8)
  }

  package func withBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try mapping.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// The numbers of a tensor of any element type, blocks included.
  /// - Throws: As `tensor(_:as:pool:)`.
  package func numbers(_ name: String, as dtype: DType, pool: MemoryPool?, _ backend: Backend) throws
    -> Tensor
  {
    let entry = try entry(name)
    guard entry.storedType.isBlocks else { return try tensor(name, as: dtype, pool: pool) }
    guard entry.count > 0 else { return Tensor.zeros(entry.shape).converted(to: dtype, pool: pool) }
    if let format = entry.storedType.packedFormat {
      return try blocks(name, format, backend).unpacked().reshaped(entry.shape).converted(
        to: dtype, pool: pool)
    }
    let size = entry.storedType.block.bytes
    let numbers = try withStoredBytes(name) { bytes in
      stride(from: 0, to: bytes.count, by: size).flatMap {
        RareBlocks.numbers(entry.storedType, UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + size])) ?? []
      }
    }
    let result = Tensor(numbers, shape: entry.shape)
    guard result.isFinite else { throw CheckpointError.notFinite(name, at: url.path, as: dtype) }
    return result.converted(to: dtype, pool: pool)
  }

  package func release(_ range: Range<Int>) { mapping.release(range) }
}
