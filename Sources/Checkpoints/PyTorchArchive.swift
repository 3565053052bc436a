import Wording

/// A file of `torch.save` since PyTorch 1.6: a zip archive of a folder with `data.pkl`, the pickled table, and `data/0`,
/// `data/1`, …, the storages.
struct PyTorchArchive {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private let limits: PyTorchLimits
  private let archive: ZipArchive
  /// The folder's name with its slash.
  private let root: String

  init(_ bytes: UnsafeRawBufferPointer, path: String, limits: PyTorchLimits) throws {
    self.bytes = bytes
    self.path = path
    self.limits = limits
    archive = try ZipArchive(bytes, path: path, limits: limits)
    let tables = archive.entries.keys.filter {
      $0.hasSuffix("/data.pkl") && $0.utf8.count { $0 == 0x2F } == 1
    }
    guard let table = tables.first, tables.count == 1 else {
      throw CheckpointError(
        path,
        "byte 0: the zip archive has \(counted(tables.count, "file")) data.pkl and not one; this is no file of torch.save"
      )
    }
    root = String(table.dropLast("data.pkl".count))
    if archive.entries[root + "constants.pkl"] != nil {
      throw CheckpointError(
        path, "byte 0: this is a TorchScript program; save the model's state_dict() instead")
    }
    try check("byteorder", "is not little-endian; save it on another machine") { $0 == "little" }
    try check("version", "is of a format that is not known; save it with torch.save") { text in
      Int(text.filter { $0 != "\n" }).map { 1...10 ~= $0 } ?? false
    }
  }

  /// The tensors in the order of the table.
  func entries() throws -> [TensorEntry] {
    guard let pickle = archive.entries[root + "data.pkl"] else { return [] }
    var reader = PickleReader(bytes, in: pickle, path: path, limits: limits)
    let table = try reader.read()
    let tensors = try reader.namedTensors(in: table)
    let storages = try reader.storages.map { storage in
      guard let content = archive.entries["\(root)data/\(storage.key)"] else {
        throw reader.fault(
          "storage \(storage.key) is missing in the archive; download the file again", at: storage.place)
      }
      guard storage.count * storage.type.size <= content.count else {
        throw reader.fault(
          "storage \(storage.key) has \(counted(content.count, "byte")) and \(counted(storage.count, "number")) of \(storage.type.rawValue) "
            + "need more; download the file again", at: storage.place)
      }
      return content.lowerBound
    }
    return tensors.map { name, tensor in
      TensorEntry(
        name: name, tensor, in: reader.storages[tensor.storage].type, at: storages[tensor.storage])
    }
  }

  /// Checks a small text that some versions write.
  private func check(_ name: String, _ message: String, _ isRight: (String) -> Bool) throws {
    guard let range = archive.entries[root + name] else { return }
    guard range.count <= 16, let text = String(validating: bytes[range], as: UTF8.self), isRight(text) else {
      throw archive.fault(range.lowerBound, "the file \(message)")
    }
  }
}

extension TensorEntry {
  /// - Parameter start: The byte of the file at which the storage begins, which holds all of the tensor.
  init(name: String, _ tensor: PickledTensor, in type: StoredType, at start: Int) {
    let first = start + tensor.offset * type.size
    self.init(
      name: name, storedType: type, shape: tensor.shape, range: first..<first + tensor.span * type.size,
      strides: tensor.span == 0 ? nil : StridedElements.departing(tensor.strides, shape: tensor.shape))
  }
}
