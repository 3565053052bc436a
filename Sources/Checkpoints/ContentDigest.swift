internal import Crypto
internal import Files
package import Foundation

/// Tells by a few bytes whether files are still those that they were.
package enum ContentDigest {
  /// What is read of each end of a file that is too large to be read as a whole.
  private static let end = 1 << 20
  private static let largestRead = 256 << 20
  /// Files of a model's folder that change what it says.
  private static let suffixes: Set = ["safetensors", "bin", "json", "model", "txt", "jinja"]

  /// SHA-256 over a file, or over the names and contents of the files of a model's folder; of very large files their size
  /// and both ends count.
  /// - Throws: `FileError` if something cannot be read.
  package static func text(of url: URL) throws -> String {
    var hash = SHA256()
    switch Disk.kind(of: url) {
    case .folder:
      for name in try Disk.names(in: url).sorted() {
        let file = url.appendingPathComponent(name)
        guard suffixes.contains(file.pathExtension), Disk.kind(of: file) == .file else { continue }
        hash.update(data: Data(name.utf8))
        try add(file, to: &hash)
      }
    case .file: try add(url, to: &hash)
    case .device, nil: throw FileError(url.path, "there is no such file or folder; check the path")
    }
    return hash.finalize().hexadecimal()
  }

  private static func add(_ file: URL, to hash: inout SHA256) throws {
    try MappedFile(file).withBytes { bytes in
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
      guard bytes.count > largestRead else { return hash.update(bufferPointer: bytes) }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes.prefix(end)))
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes.suffix(end)))
    }
  }
}
