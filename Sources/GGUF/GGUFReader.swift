internal import Checkpoints
internal import Foundation
internal import Wording

/// Reads what a GGUF file says in front of its tensors' bytes, and believes none of its counts.
struct GGUFReader {
  private let path: String
  private var cursor: ByteCursor
  private let bytes: UnsafeRawBufferPointer

  /// A tensor as the file lists it: sizes innermost first, and its offset behind the start of the data.
  struct Listing {
    let name: String
    let type: StoredType
    let shape: [Int]
    let byteCount: Int
    let offset: Int
  }

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
    cursor = ByteCursor(bytes, in: 0..<bytes.count)
  }

  func fault(_ message: String) -> CheckpointError { CheckpointError(path, message) }

  private func cutOff(_ what: String) -> CheckpointError {
    fault("the file ends within \(what), at byte \(cursor.offset); download it again")
  }

  private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type = Number.self, _ what: String
  ) throws -> Number {
    guard let number = cursor.number(type) else { throw cutOff(what) }
    return number
  }

  /// A length or count that the rest of the file could hold.
  /// - Parameter least: The fewest bytes that each takes.
  private mutating func count(_ what: String, least: Int) throws -> Int {
    let count = try number(UInt64.self, what)
    guard count <= UInt64(cursor.remaining / least) else {
      throw fault("\(what) says \(count), more than the rest of the file can hold; download it again")
    }
    return Int(count)
  }

  private mutating func string(_ what: String) throws -> String {
    let length = try count("the length of \(what)", least: 1)
    guard let range = cursor.take(length) else { throw cutOff(what) }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// Everything in front of the data.
  mutating func read() throws -> (metadata: [String: GGUFValue], tensors: [Listing], dataStart: Int) {
    guard cursor.number(UInt32.self) == 0x4655_4747 else {
      throw fault("this is no GGUF file; name a model's folder or a .gguf file")
    }
    let version = try number(UInt32.self, "the version")
    guard version & 0xFFFF != 0 else {
      throw fault("the file is big-endian, which is not supported; convert it for little-endian machines")
    }
    guard version == 2 || version == 3 else {
      throw fault("GGUF version \(version) is not supported; 2 and 3 are, so convert the model again")
    }
    // Of a tensor: the length of its name, its rank, type and offset; of a key: a length, a type and a byte.
    let tensorCount = try count("the number of tensors", least: 24)
    let keyCount = try count("the number of keys", least: 13)
    var metadata: [String: GGUFValue] = [:]
    for _ in 0..<keyCount {
      let key = try string("a key")
      guard !key.isEmpty else { throw fault("a key is empty; convert the model again") }
      guard metadata[key] == nil else {
        throw fault("the key \(key) is there twice; convert the model again")
      }
      metadata[key] = try value(of: key)
    }
    let tensors = try (0..<tensorCount).map { _ in try listing() }
    let alignment = try alignment(metadata["general.alignment"])
    try check(tensors, alignment)
    guard !tensors.isEmpty else { return (metadata, tensors, cursor.offset) }
    return (metadata, tensors, Self.aligned(cursor.offset, alignment))
  }

  private func alignment(_ value: GGUFValue?) throws -> Int {
    switch value {
    case nil: return 32
    case .integer(let alignment)?
    where alignment > 0 && alignment <= 1 << 30 && alignment.nonzeroBitCount == 1:
      return alignment
    default: throw fault("general.alignment must be a power of two; convert the model again")
    }
  }

  static func aligned(_ offset: Int, _ alignment: Int) -> Int {
    (offset + alignment - 1) / alignment * alignment
  }

  private mutating func value(of key: String) throws -> GGUFValue {
    let type = try valueType("the type of \(key)")
    guard type == .array else { return try scalar(type, key) }
    let element = try valueType("the type of \(key)'s elements")
    guard element != .array else {
      throw fault("\(key) is an array of arrays, which no version of the format has; convert the model again")
    }
    let count = try count("the length of \(key)", least: element.size ?? 8)
    switch element {
    case .string: return .strings(try (0..<count).map { _ in try string("an element of \(key)") })
    case .bool: return .bools(try (0..<count).map { _ in try number(UInt8.self, key) != 0 })
    case .float32, .float64: return .numbers(try (0..<count).map { _ in try floating(element, key) })
    default: return .integers(try (0..<count).map { _ in try integer(element, key) })
    }
  }

  private mutating func valueType(_ what: String) throws -> GGUFValueType {
    let number = try number(UInt32.self, what)
    guard let type = GGUFValueType(rawValue: number) else {
      throw fault("\(what) is \(number), which is no type of the format; download the file again")
    }
    return type
  }

  private mutating func scalar(_ type: GGUFValueType, _ key: String) throws -> GGUFValue {
    switch type {
    case .string: .string(try string("the value of \(key)"))
    case .bool: .bool(try number(UInt8.self, key) != 0)
    case .float32, .float64: .number(try floating(type, key))
    default: .integer(try integer(type, key))
    }
  }

  private mutating func floating(_ type: GGUFValueType, _ key: String) throws -> Double {
    type == .float64
      ? Double(bitPattern: try number(UInt64.self, key))
      : Double(Float(bitPattern: try number(UInt32.self, key)))
  }

  private mutating func integer(_ type: GGUFValueType, _ key: String) throws -> Int {
    switch type {
    case .uint8: Int(try number(UInt8.self, key))
    case .int8: Int(try number(Int8.self, key))
    case .uint16: Int(try number(UInt16.self, key))
    case .int16: Int(try number(Int16.self, key))
    case .uint32: Int(try number(UInt32.self, key))
    case .int32: Int(try number(Int32.self, key))
    case .uint64: Int(clamping: try number(UInt64.self, key))
    default: Int(try number(Int64.self, key))
    }
  }

  /// The longest name of a tensor, in bytes.
  private static let longestName = 63

  private mutating func listing() throws -> Listing {
    let name = try string("a tensor's name")
    guard (1...Self.longestName).contains(name.utf8.count) else {
      throw fault(
        "the tensor name \(name.prefix(80)) has \(counted(name.utf8.count, "byte")), not 1 to \(Self.longestName); convert the model again"
      )
    }
    let rank = try number(UInt32.self, "the tensor \(name)")
    guard rank <= 4 else {
      throw fault("tensor \(name) has \(rank) axes, and the format has at most 4; download the file again")
    }
    var sizes: [Int] = []
    for _ in 0..<rank {
      let size = try number(Int64.self, "the tensor \(name)")
      guard size >= 0 else {
        throw fault("tensor \(name) has the negative size \(size); download the file again")
      }
      sizes.append(Int(size))
    }
    let id = try number(UInt32.self, "the tensor \(name)")
    let type = try Self.type(id) { fault("tensor \(name) \($0)") }
    let offset = try number(UInt64.self, "the tensor \(name)")
    let shape = Array(sizes.reversed())
    guard let byteCount = TensorEntry.byteCount(shape: shape, type: type) else {
      throw fault(
        "tensor \(name): \(shape) is no shape of \(type.rawValue), whose rows are blocks of \(type.block.numbers); download the file again"
      )
    }
    return Listing(name: name, type: type, shape: shape, byteCount: byteCount, offset: Int(clamping: offset))
  }

  /// Tensors stand one behind the other, each at a multiple of the alignment, and in the file.
  private func check(_ tensors: [Listing], _ alignment: Int) throws {
    var expected = 0
    var names: Set<String> = []
    let room = cursor.end - Self.aligned(cursor.offset, alignment)
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw fault("the tensor \(tensor.name) is there twice; convert the model again")
      }
      guard tensor.offset == expected else {
        throw fault(
          "tensor \(tensor.name) begins at \(tensor.offset) of the data and must begin at \(expected); download the file again"
        )
      }
      guard tensor.byteCount <= room - expected else {
        throw fault("the file ends within tensor \(tensor.name); download it again")
      }
      expected = Self.aligned(expected + tensor.byteCount, alignment)
    }
  }

  /// The element types by their numbers.
  private static let types: [UInt32: StoredType] = [
    0: .float32, 1: .float16, 2: .q40, 3: .q41, 6: .q50, 7: .q51, 8: .q80, 10: .q2K, 11: .q3K, 12: .q4K,
    13: .q5K, 14: .q6K, 20: .iq4NL, 23: .iq4XS, 24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64,
    30: .bfloat16, 34: .tq10, 35: .tq20, 39: .mxfp4, 40: .nvfp4,
  ]

  private static let unsupported: [UInt32: String] = [
    16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S", 29: "IQ1_M",
    41: "Q1_0",
    42: "Q2_0",
  ]

  private static func type(_ id: UInt32, _ fault: (String) -> CheckpointError) throws -> StoredType {
    if let type = types[id] { return type }
    guard let name = unsupported[id] else {
      throw fault("has the element type \(id), which no file has; download the file again")
    }
    throw fault("is of type \(name), which is not supported; take a file of Q2_K, IQ4_XS or more bits")
  }
}
