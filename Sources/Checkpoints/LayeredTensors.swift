import Foundation
import Tensors

/// Tensors of one source in front of those of another.
struct LayeredTensors: TensorSource {
  let names: [String]
  private let front: any TensorSource
  /// Names in `front` by the names that they have here.
  private let renamed: [String: String]
  private let back: any TensorSource

  /// - Parameters:
  ///   - rename: Gives the name of each tensor of `front`; nil leaves it out.
  ///   - place: The folder to name in errors.
  init(
    _ front: any TensorSource, rename: (String) -> String?, over back: any TensorSource, place: URL
  ) throws {
    var renamed: [String: String] = [:]
    var order: [String] = []
    for name in front.names {
      guard let here = rename(name) else { continue }
      if let other = renamed.updateValue(name, forKey: here) {
        throw CheckpointError(
          place.path, "the tensors \(other) and \(name) both stand for \(here); remove one of them")
      }
      order.append(here)
    }
    let known = Set(back.names)
    names = back.names + order.filter { !known.contains($0) }
    self.front = front
    self.renamed = renamed
    self.back = back
  }

  func entry(_ name: String) throws -> TensorEntry {
    guard let original = renamed[name] else { return try back.entry(name) }
    return try front.entry(original).renamed(name)
  }

  func path(of name: String) throws -> String {
    guard let original = renamed[name] else { return try back.path(of: name) }
    return try front.path(of: original)
  }

  func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    guard let original = renamed[name] else { return try back.tensor(name, as: dtype, pool: pool) }
    return try front.tensor(original, as: dtype, pool: pool)
  }

  func withStoredBytes<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result
  {
    guard let original = renamed[name] else { return try back.withStoredBytes(name, body) }
    return try front.withStoredBytes(original, body)
  }

  func withStoredRows<Result>(_ name: String, _ body: ([UnsafeRawPointer]) throws -> Result) throws -> Result
  {
    guard let original = renamed[name] else { return try back.withStoredRows(name, body) }
    return try front.withStoredRows(original, body)
  }

  func int64s(_ name: String) throws -> [Int64] {
    guard let original = renamed[name] else { return try back.int64s(name) }
    return try front.int64s(original)
  }
}
