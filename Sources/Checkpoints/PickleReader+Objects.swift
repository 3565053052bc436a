import Wording

extension PickleReader {
  mutating func mention(module: String, name: String) throws {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw refusal("\(module).\(name)")
    }
    mentions += 1
    guard mentions <= limits.mentions else {
      throw fault(
        "the pickle mentions more than \(limits.mentions) names; more is taken for an attack, so get the file anew"
      )
    }
    stack.append(.global(global))
  }

  mutating func mentionFromStack() throws {
    let name = try pop()
    let module = try string(try pop(), "the name of a module")
    try mention(module: module, name: try string(name, "a name"))
  }

  /// Why an instruction that `torch.save` does not write is refused, by the name of what it would make if it says so.
  mutating func refusal(ofCode code: UInt8) throws -> CheckpointError {
    switch code {
    case UInt8(ascii: "i"):
      let module = try line()
      return refusal("\(module).\(try line()), made by the instruction INST,")
    case UInt8(ascii: "o"): return refusal("the instruction OBJ, which makes an object,")
    case 0x81, 0x92: return refusal("the instruction NEWOBJ, which makes an object,")
    case 0x82, 0x83, 0x84: return refusal("the instruction EXT, which names a registered extension,")
    case UInt8(ascii: "P"): return refusal("the instruction PERSID, a storage named by a line of text,")
    case 0x80: return refusal("a second beginning of a pickle")
    case 0x96, 0x97, 0x98: return refusal("a buffer of protocol 5")
    default:
      let digits = String(code, radix: 16, uppercase: true)
      return refusal("the instruction 0x\(digits), which torch.save does not write,")
    }
  }

  /// `("storage", torch.FloatStorage, key, location, count)`, with a view of that storage behind it in old files.
  mutating func findStorage() throws {
    let value = try pop()
    guard case .tuple(let tuple) = value else { throw unexpected(value, "the tuple of a storage") }
    let items = containers[tuple]
    guard 5...6 ~= items.count, try string(items[0], "the kind of a stored object") == "storage" else {
      throw fault("a stored object is no storage of numbers; save the file again with torch.save")
    }
    guard case .global(.storage(let type)) = items[1] else { throw unexpected(items[1], "a storage's type") }
    let key = try string(items[2], "a storage's key")
    guard key.utf8.count <= 64 else {
      throw fault(
        "a storage's key has \(counted(key.utf8.count, "byte")) and the limit is 64; save the file again")
    }
    guard case .integer(let count) = items[4], count >= 0, count <= Int.max / type.size else {
      throw fault("storage \(key) has no possible length; download the file again")
    }
    if items.count == 6 {
      guard case .none = items[5] else {
        throw fault("storage \(key) is a view of another; load and save the file with a newer PyTorch")
      }
    }
    storages.append(PickledStorage(key: key, type: type, count: count, place: place))
    stack.append(.storage(storages.count - 1))
  }

  /// Stands for calling a function: makes what the few that are known would return.
  mutating func rebuild() throws {
    let arguments = try pop()
    let function = try pop()
    guard case .tuple(let tuple) = arguments else { throw unexpected(arguments, "a tuple of arguments") }
    guard case .global(let global) = function else { throw refusal("calling \(function.kind)") }
    let items = containers[tuple]
    switch global {
    case .orderedDictionary:
      let content = try pairs(items)
      stack.append(.dictionary(store(content)))
    case .rebuildTensor: try rebuildTensor(items)
    case .rebuildParameter:
      guard 2...3 ~= items.count, case .tensor = items[0] else {
        throw fault("a parameter is made of no tensor; save the file again with torch.save")
      }
      stack.append(items[0])
    case .storage: throw refusal("calling \(global.name)")
    }
  }

  /// Python 2 passes the content of an ordered dictionary as one list of pairs.
  private mutating func pairs(_ arguments: [PickleValue]) throws -> [PickleValue] {
    guard let first = arguments.first else { return [] }
    guard arguments.count == 1, case .list(let list) = first else {
      throw unexpected(first, "a list of keys and values")
    }
    try spend(containers[list].count)
    return try containers[list].flatMap { pair in
      switch pair {
      case .tuple(let index) where containers[index].count == 2: containers[index]
      case .list(let index) where containers[index].count == 2: containers[index]
      default: throw unexpected(pair, "a key and its value")
      }
    }
  }

  /// Attributes of a table of tensors, such as `_metadata`, matter to Python's classes only.
  mutating func setAttributes() throws {
    let state = try pop()
    guard case .dictionary = state else { throw unexpected(state, "a dictionary of attributes") }
    let object = try pop()
    guard case .dictionary = object else { throw refusal("setting attributes of \(object.kind)") }
    stack.append(object)
  }
}
