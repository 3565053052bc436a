/// Writes pickles instruction by instruction, and files around them, for tests of what readers must refuse.
enum PickleBytes {
  static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "X")] + bytes(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + bytes(Int64(value)) }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  static func tuple(_ items: [UInt8]...) -> [UInt8] { Array("(".utf8) + items.joined() + Array("t".utf8) }

  static func integers(_ values: [Int]) -> [UInt8] {
    Array("(".utf8) + values.map(integer).joined() + Array("t".utf8)
  }

  static func call(_ module: String, _ name: String, _ arguments: [UInt8]...) -> [UInt8] {
    global(module, name) + Array("(".utf8) + arguments.joined() + Array("tR".utf8)
  }

  /// A reference to storage 0, which holds two float32 numbers.
  static func storage(type: String = "FloatStorage", key: String = "0", count: Int = 2) -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), integer(count)) + Array("Q".utf8)
  }

  static func tensor(
    storage: [UInt8] = storage(), offset: Int = 0, shape: [Int] = [2], strides: [Int] = [1]
  ) -> [UInt8] {
    call(
      "torch._utils", "_rebuild_tensor_v2", storage, integer(offset), integers(shape), integers(strides),
      [0x89],
      call("collections", "OrderedDict"))
  }

  /// A table of one value.
  static func table(_ value: [UInt8], name: String = "a") -> [UInt8] {
    Array("}".utf8) + text(name) + value + Array("s".utf8)
  }

  static func pickle(_ body: [UInt8], version: UInt8 = 2) -> [UInt8] {
    [0x80, version] + body + Array(".".utf8)
  }

  /// An old file with storage 0 behind the table.
  static func legacy(_ pickle: [UInt8], keys: [String] = ["0"], counts: [Int64] = [2]) -> [UInt8] {
    let magic: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let machine = table([0x88], name: "little_endian")
    let list = Array("](".utf8) + keys.map(text).joined() + Array("e".utf8)
    let storages = counts.flatMap { bytes($0) + [UInt8](repeating: 0, count: 8) }
    return self.pickle(magic) + self.pickle([UInt8(ascii: "M")] + bytes(UInt16(1001))) + self.pickle(machine)
      + pickle + self.pickle(list) + storages
  }

  /// A new file with storage 0.
  static func archive(_ pickle: [UInt8]) -> [UInt8] {
    zip([
      ("a/data.pkl", pickle), ("a/byteorder", Array("little".utf8)),
      ("a/data/0", [UInt8](repeating: 0, count: 8)),
      ("a/version", Array("3\n".utf8)),
    ])
  }

  /// A zip archive of files stored as they are.
  /// - Parameters:
  ///   - method: How the table of contents says that they are packed.
  ///   - flags: Bit 0 says that they are encrypted.
  ///   - wideBytes: Writes the table's numbers as archives beyond 4 GiB do, cut to so many bytes of 24.
  static func zip(
    _ files: [(name: String, content: [UInt8])], method: UInt16 = 0, flags: UInt16 = 0, wideBytes: Int? = nil
  ) -> [UInt8] {
    var result: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in files {
      let common: [UInt8] = [20, 0] + bytes(flags) + bytes(method) + [UInt8](repeating: 0, count: 8)
      let (size, place) = (content.count, result.count)
      let length = bytes(UInt16(name.utf8.count))
      func narrow(_ number: Int) -> [UInt8] { bytes(wideBytes == nil ? UInt32(number) : .max) }
      let extra = wideBytes.map { count in
        let numbers = [size, size, place].flatMap { bytes(UInt64($0)) }
        return [0x99, 0x99, 1, 0, 7, 1, 0] + bytes(UInt16(count)) + numbers.prefix(count)
      }
      directory += [0x50, 0x4B, 1, 2, 20, 0] + common + narrow(size) + narrow(size) + length
      directory += bytes(UInt16(extra?.count ?? 0)) + [UInt8](repeating: 0, count: 10) + narrow(place)
      directory += Array(name.utf8) + (extra ?? [])
      result += [0x50, 0x4B, 3, 4] + common + bytes(UInt32(size)) + bytes(UInt32(size)) + length + [0, 0]
      result += Array(name.utf8) + content
    }
    let count = bytes(UInt16(files.count))
    return result + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
      + bytes(UInt32(directory.count))
      + bytes(UInt32(result.count)) + [0, 0]
  }

  static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }
}
