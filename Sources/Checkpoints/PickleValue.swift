/// A value on the stack of a pickle. Texts stay in the file and containers in the reader, so that no value owns memory
/// and nothing is deeper than one level to throw away.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  case text(Range<Int>)
  /// A number or bytes that no tensor needs, by its place in the file.
  case opaque(Range<Int>)
  case global(PickleGlobal)
  /// Indices into the reader's lists.
  case storage(Int)
  case tensor(Int)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)

  /// For messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .text: "a text"
    case .opaque: "a number or bytes"
    case .global(let global): global.name
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    }
  }
}

/// The names that a checkpoint may mention. They are known to the reader and never looked up or run.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case storage(StoredType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", _):
      guard let type = Self.storages[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .rebuildParameter: "torch._utils._rebuild_parameter"
    case .storage(let type): "torch's storage of \(type.rawValue)"
    }
  }

  /// PyTorch's classes of storages; it has none for the other formats.
  private static let storages: [String: StoredType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16,
    "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]
}

/// Numbers that tensors share, as the pickle mentions them.
struct PickledStorage {
  let key: String
  let type: StoredType
  /// Elements.
  let count: Int
  /// The byte of the file that mentions it.
  let place: Int
}

/// A view of a storage, which has been checked to lie in it.
struct PickledTensor {
  let storage: Int
  /// Elements before the first one.
  let offset: Int
  let shape: [Int]
  let strides: [Int]
  /// Elements from the first to the last; 0 for empty tensors.
  let span: Int
  /// The byte of the file that made it.
  let place: Int
}
