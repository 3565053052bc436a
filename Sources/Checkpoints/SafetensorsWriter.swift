internal import Files
package import Foundation
import StrictJSON
package import Tensors
internal import Wording

/// Collects tensors and writes them as one safetensors file, byte for byte as the official library would: the same
/// tensors and metadata always give the same file.
package struct SafetensorsWriter {
  /// Strings for `__metadata__`, written in the order of their keys; empty leaves it out.
  package var metadata: [String: String]
  private var items: [String: Item] = [:]

  private struct Item {
    let storedType: StoredType
    let shape: [Int]
    let content: Content
  }

  enum Content {
    case tensor(Tensor)
    case packed(PackedMatrix)
    case int64s([Int64])
    case int32s([Int32])
    case bytes([UInt8])
    case copy(of: String, in: SafetensorsFile)
  }

  package init(metadata: [String: String] = [:]) {
    self.metadata = metadata
  }

  /// Adds a tensor as F32 or BF16.
  /// - Throws: `CheckpointError` if the name is taken or reserved, as all of these do.
  package mutating func add(_ name: String, _ tensor: Tensor) throws {
    let type: StoredType =
      switch tensor.dtype {
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
    try add(name, type, Array(tensor.shape), count: tensor.count, .tensor(tensor))
  }

  /// Adds integers as I64. Their count must be the product of `shape`.
  package mutating func add(_ name: String, int64s: [Int64], shape: [Int]) throws {
    try add(name, .int64, shape, count: int64s.count, .int64s(int64s))
  }

  /// Adds integers as I32. Their count must be the product of `shape`.
  package mutating func add(_ name: String, int32s: [Int32], shape: [Int]) throws {
    try add(name, .int32, shape, count: int32s.count, .int32s(int32s))
  }

  /// Adds elements of any format by their little-endian bytes.
  package mutating func add(_ name: String, bytes: [UInt8], _ type: StoredType, shape: [Int]) throws {
    guard bytes.count.isMultiple(of: type.size) else {
      throw CheckpointError(
        name, "\(counted(bytes.count, "byte is", "bytes are")) no whole number of \(type.rawValue) elements")
    }
    try add(name, type, shape, count: bytes.count / type.size, .bytes(bytes))
  }

  /// Adds a tensor of another file as it is stored there; its bytes are read only while writing.
  package mutating func add(_ name: String, copyOf original: String, in file: SafetensorsFile) throws {
    let entry = try file.entry(original)
    try add(name, entry.storedType, entry.shape, count: entry.count, .copy(of: original, in: file))
  }

  mutating func add(
    _ name: String, _ type: StoredType, _ shape: [Int], count: Int, _ content: Content
  ) throws {
    guard name != "__metadata__" else {
      throw CheckpointError(name, "safetensors files reserve this name; give the tensor another")
    }
    guard TensorEntry.byteCount(shape: shape, type: type) == count * type.size else {
      throw CheckpointError(name, "\(count) elements do not fill the shape \(shape) of this tensor")
    }
    let item = Item(storedType: type, shape: shape, content: content)
    guard items.updateValue(item, forKey: name) == nil else {
      throw CheckpointError(name, "two tensors have this name; give one of them another")
    }
  }

  /// Writes the file, replacing an old one at once or not at all.
  /// - Throws: `CheckpointError` if that fails; the old file is then as it was.
  package func write(to url: URL) throws {
    let sorted = items.sorted { left, right in
      let (leftRank, rightRank) = (left.value.storedType.rank, right.value.storedType.rank)
      return leftRank != rightRank
        ? leftRank > rightRank : left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }
    let header = try header(sorted.map { ($0.key, $0.value) })
    try AtomicFile.write(to: url) { file in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
      try header.withUnsafeBytes { try file.write($0) }
      for (_, item) in sorted { try Self.write(item.content, to: file) }
    }
  }

  private func header(_ sorted: [(name: String, item: Item)]) throws -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      header["__metadata__"] = .object(JSONObject(pairs.map { ($0.key, .string($0.value)) }))
    }
    var offset = 0
    for (name, item) in sorted {
      let count = TensorEntry.byteCount(shape: item.shape, type: item.storedType) ?? 0
      let (end, overflow) = offset.addingReportingOverflow(count)
      guard !overflow else { throw CheckpointError(name, "the tensors are too large for one file") }
      header[name] = [
        "dtype": .string(item.storedType.rawValue), "shape": JSONValue(item.shape),
        "data_offsets": JSONValue([offset, end]),
      ]
      offset = end
    }
    var bytes = Array(try header.text().utf8)
    // Spaces align the data to 8 bytes.
    bytes.append(contentsOf: repeatElement(0x20, count: (8 - bytes.count % 8) % 8))
    return bytes
  }

  private static func write(_ content: Content, to file: OutputFile) throws {
    switch content {
    case .tensor(let tensor): try tensor.withBytes { try file.write($0) }
    case .packed(let matrix): try matrix.withBytes { try file.write($0) }
    case .int64s(let values): try values.withUnsafeBytes { try file.write($0) }
    case .int32s(let values): try values.withUnsafeBytes { try file.write($0) }
    case .bytes(let values): try values.withUnsafeBytes { try file.write($0) }
    case .copy(let name, let source): try source.withBytes(name) { try file.write($0) }
    }
  }
}
