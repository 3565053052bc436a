/// Writes small GGUF files, sound ones and others.
struct GGUFBuilder {
  var version: UInt32 = 3
  var magic: [UInt8] = Array("GGUF".utf8)
  private(set) var keys: [[UInt8]] = []
  private(set) var tensors: [[UInt8]] = []
  /// What is declared instead of the numbers of keys and tensors.
  var declaredKeys: UInt64?
  var declaredTensors: UInt64?
  var alignment = 32
  var data = [UInt8](repeating: 0, count: 0)

  static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
  static func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

  /// - Parameter value: In the format's bytes.
  mutating func add(_ key: String, type: UInt32, _ value: [UInt8]) {
    keys.append(Self.text(key) + Self.little(type) + value)
  }

  mutating func add(_ key: String, _ value: String) { add(key, type: 8, Self.text(value)) }
  mutating func add(_ key: String, _ value: UInt32) { add(key, type: 4, Self.little(value)) }

  mutating func addTensor(
    _ name: String, _ sizes: [Int64], type: UInt32 = 0, offset: UInt64 = 0, rank: UInt32? = nil
  ) {
    tensors.append(
      Self.text(name) + Self.little(rank ?? UInt32(sizes.count)) + sizes.flatMap { Self.little($0) }
        + Self.little(type) + Self.little(offset))
  }

  var bytes: [UInt8] {
    var bytes = magic + Self.little(version) + Self.little(declaredTensors ?? UInt64(tensors.count))
    bytes += Self.little(declaredKeys ?? UInt64(keys.count)) + keys.joined() + tensors.joined()
    bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    return bytes + data
  }

  /// A file with a key of every kind and two tensors.
  static var sound: GGUFBuilder {
    var file = GGUFBuilder()
    file.add("general.architecture", "llama")
    file.add("a.number", 7)
    file.add("a.float", type: 6, little(Float(1.5).bitPattern))
    file.add("a.flag", type: 7, [1])
    file.add("a.list", type: 9, little(UInt32(8)) + little(UInt64(2)) + text("one") + text("two"))
    file.add(
      "a.counts", type: 9, little(UInt32(5)) + little(UInt64(3)) + [1, 2, 3].flatMap { little(Int32($0)) })
    file.addTensor("x", [4, 2])
    file.addTensor("y", [32, 2], type: 2, offset: 32)
    file.data = [UInt8](repeating: 0, count: 32 + 36)
    return file
  }
}
