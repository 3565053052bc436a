import StrictJSON
import Wording

/// The header of a safetensors file: an unsigned 64-bit length, then a JSON object of that many bytes.
///
/// Everything is checked before use: https://github.com/huggingface/safetensors#format
struct SafetensorsHeader {
  /// In the order of their bytes in the file.
  var entries: [TensorEntry] = []
  var metadata: [String: String] = [:]

  /// Reads the header of a file whose bytes are given.
  init(_ file: UnsafeRawBufferPointer, path: String, limits: SafetensorsLimits) throws {
    guard !file.isEmpty else { throw CheckpointError(path, "the file is empty; download or write it again") }
    guard file.count >= 8 else {
      throw CheckpointError(
        path, "the file has only \(counted(file.count, "byte")); it was cut off, write it again")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= limits.headerBytes else {
      throw CheckpointError(
        path,
        "the header length is \(length) bytes and the limit is \(limits.headerBytes); "
          + "this is no safetensors file, or the limit has to be raised")
    }
    guard length <= file.count - 8 else {
      throw CheckpointError(
        path,
        "the header needs \(counted(length, "byte")) of \(file.count - 8); the file was cut off, download it again"
      )
    }
    let dataStart = 8 + Int(length)
    let bytes = UnsafeRawBufferPointer(rebasing: file[8..<dataStart])
    guard bytes.first == UInt8(ascii: "{") else {
      throw CheckpointError(path, "the header does not begin with {; this is no safetensors file")
    }
    for (name, value) in try Self.parse(bytes, path: path, limits: limits) {
      let described = value.object
      if name == "__metadata__" {
        metadata = try Self.metadata(described, path: path)
        continue
      }
      guard entries.count < limits.tensors else {
        throw CheckpointError(
          path,
          "the file has more than \(limits.tensors) tensors; more is taken for an attack, so get the file anew"
        )
      }
      guard name.utf8.count <= limits.nameBytes else {
        throw CheckpointError(
          path,
          "the tensor name \(name.prefix(60))… exceeds \(limits.nameBytes) bytes; more is taken for an attack, so get the file anew"
        )
      }
      do {
        entries.append(
          try Self.entry(name, described, path: path, data: dataStart..<file.count, maximumRank: limits.rank))
      } catch let error as JSONError {
        throw CheckpointError(path, "the header entry of \(name): \(error.message)")
      }
    }
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try Self.checkCoverage(entries, data: dataStart..<file.count, path: path)
  }

  private static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String, limits: SafetensorsLimits
  ) throws -> JSONObject {
    do {
      let value = try JSONValue(
        parsing: bytes, file: path, limits: JSONLimits(bytes: limits.headerBytes, depth: 3))
      return value.object ?? JSONObject()
    } catch {
      throw CheckpointError(path, "the header at byte \((error.offset ?? 0) + 8): \(error.message)")
    }
  }

  private static func metadata(_ object: JSONObject?, path: String) throws -> [String: String] {
    guard let object else {
      throw CheckpointError(path, "__metadata__ must be an object of strings; write the file again")
    }
    var metadata: [String: String] = [:]
    for (key, value) in object {
      guard let text = value.string else {
        throw CheckpointError(path, "__metadata__.\(key) must be a string; write the file again")
      }
      guard metadata.updateValue(text, forKey: key) == nil else {
        throw CheckpointError(path, "two keys of __metadata__ look alike: \(key); rename one")
      }
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ described: JSONObject?, path: String, data: Range<Int>, maximumRank: Int
  ) throws -> TensorEntry {
    func fault(_ message: String) -> CheckpointError { CheckpointError(path, "tensor \(name): \(message)") }

    guard let described else { throw fault("the header must describe it by an object; write the file again") }
    if let key = described.keys.first(where: { !["dtype", "shape", "data_offsets"].contains($0) }) {
      throw fault("the key \(key) in the header is unknown; write the file again")
    }
    let typeName = try described.string("dtype")
    guard let type = StoredType(safetensors: typeName) else {
      let known = StoredType.allCases.filter { !$0.isBlocks }.map(\.rawValue).joined(separator: ", ")
      throw fault("the number format \(typeName) is not supported; convert the file to one of \(known)")
    }
    let shape = try described.ints("shape")
    guard shape.count <= maximumRank else {
      throw fault(
        "it has \(shape.count) axes and the limit is \(maximumRank); more is taken for an attack, so get the file anew"
      )
    }
    guard let bytes = TensorEntry.byteCount(shape: shape, type: type) else {
      throw fault("the shape \(shape) is negative or too large for any file; write the file again")
    }
    let offsets = try described.ints("data_offsets")
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
      throw fault("data_offsets \(offsets) are not a begin and an end; write the file again")
    }
    guard offsets[1] <= data.count else {
      throw fault(
        "its data ends at byte \(offsets[1]) of \(data.count); the file was cut off, download it again")
    }
    guard offsets[1] - offsets[0] == bytes else {
      throw fault(
        "\(typeName) of shape \(shape) needs \(counted(bytes, "byte")), data_offsets give \(offsets[1] - offsets[0]); "
          + "write the file again")
    }
    return TensorEntry(
      name: name, storedType: type, shape: shape,
      range: data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
  }

  /// The tensors must cover the data without overlap and without holes, so that no byte is read twice or hidden.
  private static func checkCoverage(_ sorted: [TensorEntry], data: Range<Int>, path: String) throws {
    var end = data.lowerBound
    var previous = "the header"
    for entry in sorted {
      guard entry.range.lowerBound >= end else {
        throw CheckpointError(path, "the data of \(previous) and \(entry.name) overlap; write the file again")
      }
      guard entry.range.lowerBound == end else {
        throw CheckpointError(
          path,
          "between \(previous) and \(entry.name) \(counted(entry.range.lowerBound - end, "byte belongs", "bytes belong")) to no tensor; "
            + "write the file again")
      }
      end = entry.range.upperBound
      previous = entry.name
    }
    guard end == data.upperBound else {
      throw CheckpointError(
        path,
        "after \(previous) \(counted(data.upperBound - end, "byte belongs", "bytes belong")) to no tensor; write the file again"
      )
    }
  }
}
