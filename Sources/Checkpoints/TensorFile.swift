package import Foundation

/// A file of named tensors, mapped into memory and opened only if everything that it says about them passes every check.
package protocol TensorFile: TensorSource {
  var url: URL { get }
  /// Every tensor by name.
  var entries: [String: TensorEntry] { get }

  /// Lends bytes of the file.
  /// - Parameter range: An entry's range, or a part of it.
  func withBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result

  /// Says that bytes are not needed for now, so that they stop counting as this process's memory.
  func release(_ range: Range<Int>)
}

extension TensorFile {
  /// - Throws: `CheckpointError` if there is no such tensor.
  package func entry(_ name: String) throws -> TensorEntry {
    guard let entry = entries[name] else {
      throw CheckpointError(url.path, "there is no tensor \(name) among the \(names.count) of this file")
    }
    return entry
  }

  package func path(of name: String) throws -> String {
    _ = try entry(name)
    return url.path
  }

  package func withStoredBytes<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let entry = try entry(name)
    guard entry.strides == nil else {
      throw CheckpointError(url.path, "the elements of tensor \(name) lie apart; store it contiguously")
    }
    defer { release(entry.range) }
    return try withBytes(in: entry.range, body)
  }

  /// Lends the bytes of a tensor from its first element to its last, in the stored number format, little-endian; they
  /// may be unaligned. Where the entry has strides, they are the elements of other tensors as well.
  package func withBytes<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withBytes(in: entry(name).range, body)
  }
}
