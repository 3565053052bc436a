/// Python's dict: any keys that can be hashed, in the order in which they came.
final class DictionaryValue {
  private(set) var keys: [Value]
  private(set) var values: [Value]
  private var index: [DictionaryKey: Int]
  private(set) var depth: Int
  private let budget: Budget
  private var held = 0

  /// Later values take the place of earlier ones of the same key.
  init(_ members: [(Value, Value)] = [], _ budget: Budget) throws {
    keys = []
    values = []
    index = [:]
    depth = 1
    self.budget = budget
    keys.reserveCapacity(members.count)
    for (key, value) in members { try set(key, value) }
  }

  deinit { budget.release(held) }

  var count: Int { keys.count }

  /// The value of a key.
  /// - Throws: If the key cannot be hashed.
  func value(_ key: Value) throws -> Value? { try index[DictionaryKey(key)].map { values[$0] } }

  func value(_ key: TemplateText) -> Value? { index[.text(key)].map { values[$0] } }

  /// For namespaces and for dictionaries that are being made; a dictionary that a template holds stays as it is.
  func set(_ key: Value, _ value: Value) throws {
    try budget.step()
    let deepest = try Value.deepest([key, value])
    depth = max(depth, deepest)
    let hashed = try DictionaryKey(key)
    if let place = index[hashed] {
      values[place] = value
      return
    }
    let size = 2 * MemoryLayout<Value>.stride + MemoryLayout<DictionaryKey>.stride + 32
    try budget.require(size)
    budget.hold(size)
    held += size
    index[hashed] = keys.count
    keys.append(key)
    values.append(value)
  }

  func members(_ budget: Budget) throws -> [Value] {
    try zip(keys, values).map { .list(try ListValue([$0, $1], isTuple: true, budget)) }
  }
}

/// A value as a key: 1, 1.0 and True are one.
enum DictionaryKey: Hashable {
  case none
  case undefined
  case integer(Int)
  case number(Double)
  case text(TemplateText)
  case tuple([DictionaryKey])
  case object(ObjectIdentifier)

  init(_ value: Value) throws {
    switch value {
    case .none: self = .none
    case .undefined: self = .undefined
    case .bool(let truth): self = .integer(truth ? 1 : 0)
    case .integer(let number): self = .integer(number)
    case .number(let number): self = Int(exactly: number).map(DictionaryKey.integer) ?? .number(number)
    case .text(let text): self = .text(text)
    case .list(let list) where list.isTuple: self = .tuple(try list.items.map(DictionaryKey.init))
    case .namespace(let namespace): self = .object(ObjectIdentifier(namespace))
    case .loop(let loop): self = .object(ObjectIdentifier(loop))
    case .function(let function): self = .object(ObjectIdentifier(function))
    case .iterator(let iterator) where iterator.view == nil: self = .object(ObjectIdentifier(iterator))
    case .range(let range):
      self = .tuple([.integer(range.start), .integer(range.step), .integer(range.count)])
    case .list, .dictionary, .iterator: throw TemplateFault("unhashable type: '\(value.typeName)'")
    }
  }
}
