import Wording

/// A file of `torch.save` before PyTorch 1.6: five pickles (a magic number, a version, the machine, the table, the keys
/// of the storages), then each storage as its number of elements and their bytes.
struct LegacyPyTorchFile {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private let limits: PyTorchLimits

  /// 0x1950A86A20F9469CFC6C, little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  init(_ bytes: UnsafeRawBufferPointer, path: String, limits: PyTorchLimits) {
    self.bytes = bytes
    self.path = path
    self.limits = limits
  }

  /// The tensors in the order of the table.
  func entries() throws -> [TensorEntry] {
    let magic = try pickle(at: 0)
    guard case .opaque(let range) = magic.value, bytes[range].elementsEqual(Self.magic) else {
      throw fault(0, "this is a pickle and no file of torch.save; save a state_dict() with torch.save")
    }
    let version = try pickle(at: magic.reader.cursor.offset)
    guard case .integer(1001) = version.value else {
      throw fault(magic.reader.cursor.offset, "the format's version is not 1001; save the file again")
    }
    let machine = try pickle(at: version.reader.cursor.offset)
    try checkByteOrder(machine)
    let table = try pickle(at: machine.reader.cursor.offset)
    let tensors = try table.reader.namedTensors(in: table.value)
    let places = try places(
      of: try pickle(at: table.reader.cursor.offset), storages: table.reader.storages)
    return tensors.map { name, tensor in
      let storage = table.reader.storages[tensor.storage]
      return TensorEntry(name: name, tensor, in: storage.type, at: places[storage.key] ?? 0)
    }
  }

  private func fault(_ offset: Int, _ message: String) -> CheckpointError {
    CheckpointError(path, "byte \(offset): \(message)")
  }

  private func pickle(at offset: Int) throws -> (reader: PickleReader, value: PickleValue) {
    var reader = PickleReader(bytes, in: offset..<bytes.count, path: path, limits: limits)
    let value = try reader.read()
    return (reader, value)
  }

  private func checkByteOrder(_ machine: (reader: PickleReader, value: PickleValue)) throws {
    guard case .dictionary(let index) = machine.value else {
      throw machine.reader.unexpected(machine.value, "a description of the machine")
    }
    let items = machine.reader.containers[index]
    for position in stride(from: 0, to: items.count, by: 2) {
      guard case .text(let key) = items[position], bytes[key].elementsEqual("little_endian".utf8) else {
        continue
      }
      guard case .boolean(true) = items[position + 1] else {
        throw fault(key.lowerBound, "the file is not little-endian; save it on another machine")
      }
    }
  }

  /// The byte at which the numbers of each of `storages` begin.
  private func places(
    of keys: (reader: PickleReader, value: PickleValue), storages: [PickledStorage]
  ) throws -> [String: Int] {
    guard case .list(let list) = keys.value else {
      throw keys.reader.unexpected(keys.value, "the list of storages")
    }
    var known: [String: PickledStorage] = [:]
    for storage in storages {
      let first = known.updateValue(storage, forKey: storage.key) ?? storage
      guard first.type == storage.type, first.count == storage.count else {
        throw fault(storage.place, "storage \(storage.key) has two formats or lengths; save the file again")
      }
    }
    let order = try keys.reader.containers[list].map { try keys.reader.string($0, "a storage's key") }
    let present = Set(order)
    for storage in storages where !present.contains(storage.key) {
      throw fault(storage.place, "storage \(storage.key) is missing in the file; download it again")
    }
    var cursor = ByteCursor(bytes, in: keys.reader.cursor.offset..<bytes.count)
    var places: [String: Int] = [:]
    for key in order {
      guard let storage = known[key] else {
        throw fault(cursor.offset, "storage \(key) belongs to no tensor; download the file again")
      }
      guard let count = cursor.number(Int64.self), Int(count) == storage.count else {
        throw fault(
          cursor.offset,
          "storage \(key) has not the \(counted(storage.count, "number")) of the table; download the file again"
        )
      }
      guard let content = cursor.take(storage.count * storage.type.size) else {
        throw fault(
          cursor.offset,
          "storage \(key) needs more than the \(cursor.remaining) bytes left; the file was cut off, download it again"
        )
      }
      guard places.updateValue(content.lowerBound, forKey: key) == nil else {
        throw fault(content.lowerBound, "storage \(key) stands twice in the file; save the file again")
      }
    }
    guard cursor.remaining == 0 else {
      throw fault(
        cursor.offset, "\(cursor.remaining) bytes behind the storages belong to none; download the file again"
      )
    }
    return places
  }
}
