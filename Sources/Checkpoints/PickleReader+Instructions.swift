extension PickleReader {
  /// Runs the instruction whose code has just been read.
  mutating func run(_ code: UInt8) throws {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): try discard()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"):
      let value = try pop()
      stack += [value, value]

    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try number(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try number(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try number(UInt16.self))))
    case 0x8A: stack.append(try long(Int(try number(UInt8.self))))
    case 0x8B: stack.append(try long(Int(try number(Int32.self))))
    case UInt8(ascii: "G"): stack.append(.opaque(try taken(8)))

    case 0x8C: stack.append(.text(try text(number(UInt8.self))))
    case UInt8(ascii: "X"): stack.append(.text(try text(number(UInt32.self))))
    case 0x8D: stack.append(.text(try text(number(UInt64.self))))
    // Python 2 writes texts as bytes.
    case UInt8(ascii: "U"): stack.append(.text(try text(number(UInt8.self))))
    case UInt8(ascii: "T"): stack.append(.text(try text(number(Int32.self))))
    case UInt8(ascii: "C"): stack.append(.opaque(try text(number(UInt8.self))))
    case UInt8(ascii: "B"): stack.append(.opaque(try text(number(UInt32.self))))
    case 0x8E: stack.append(.opaque(try text(number(UInt64.self))))

    case UInt8(ascii: ")"): stack.append(.tuple(store([])))
    case UInt8(ascii: "t"): stack.append(.tuple(store(try popToMark())))
    case 0x85, 0x86, 0x87: try makeTuple(Int(code - 0x84))
    case UInt8(ascii: "]"), 0x8F: stack.append(.list(store([])))
    case UInt8(ascii: "l"), 0x91: stack.append(.list(store(try popToMark())))
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"), 0x90: try append(try popToMark())
    case UInt8(ascii: "}"): stack.append(.dictionary(store([])))
    case UInt8(ascii: "d"): try makeDictionary()
    case UInt8(ascii: "s"):
      let value = try pop()
      try set([try pop(), value])
    case UInt8(ascii: "u"): try set(try popToMark())

    case UInt8(ascii: "h"): try recall(Int(try number(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(try number(UInt32.self)))
    case UInt8(ascii: "q"): try remember(Int(try number(UInt8.self)))
    case UInt8(ascii: "r"): try remember(Int(try number(UInt32.self)))
    case 0x94: try remember(memo.count)
    case 0x95: try checkFrame(try number(UInt64.self))

    case UInt8(ascii: "c"): try mention(module: try line(), name: try line())
    case 0x93: try mentionFromStack()
    case UInt8(ascii: "Q"): try findStorage()
    case UInt8(ascii: "R"): try rebuild()
    case UInt8(ascii: "b"): try setAttributes()
    default: throw try refusal(ofCode: code)
    }
  }

  private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws -> Number {
    guard let number = cursor.number(type) else { throw cutOff() }
    return number
  }

  private mutating func taken(_ count: Int) throws -> Range<Int> {
    guard let range = cursor.take(count) else { throw cutOff() }
    return range
  }

  private mutating func text(_ length: some BinaryInteger) throws -> Range<Int> {
    guard 0...limits.textBytes ~= Int(clamping: length) else {
      throw fault(
        "a text has \(length) bytes and the limit is \(limits.textBytes); more is taken for an attack, so get the file anew"
      )
    }
    return try taken(Int(clamping: length))
  }

  /// A whole number of any length, of which up to eight bytes matter to tensors.
  private mutating func long(_ count: Int) throws -> PickleValue {
    let range = try text(count)
    guard count <= 8 else { return .opaque(range) }
    var bits: UInt64 = (cursor.bytes[range].last ?? 0) & 0x80 == 0 ? 0 : .max
    for byte in cursor.bytes[range].reversed() { bits = bits << 8 | UInt64(byte) }
    return .integer(Int(truncatingIfNeeded: bits))
  }

  mutating func line() throws -> String {
    guard let range = cursor.line(limit: 1024) else {
      throw fault(
        "a name does not end within 1024 bytes; the file was cut off or is damaged, download it again")
    }
    return try string(.text(range), "a name")
  }

  private mutating func discard() throws {
    if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
  }

  private mutating func makeTuple(_ count: Int) throws {
    var items: [PickleValue] = []
    for _ in 0..<count { items.append(try pop()) }
    stack.append(.tuple(store(items.reversed())))
  }

  private mutating func append(_ items: [PickleValue]) throws {
    let target = try pop()
    guard case .list(let list) = target else { throw unexpected(target, "a list") }
    containers[list] += items
    stack.append(target)
  }

  private mutating func makeDictionary() throws {
    let items = try popToMark()
    stack.append(.dictionary(store([])))
    try set(items)
  }

  private mutating func set(_ items: [PickleValue]) throws {
    guard items.count.isMultiple(of: 2) else {
      throw fault("a key of a dictionary has no value; download the file again")
    }
    let target = try pop()
    guard case .dictionary(let dictionary) = target else { throw unexpected(target, "a dictionary") }
    containers[dictionary] += items
    stack.append(target)
  }

  private mutating func recall(_ index: Int) throws {
    guard index < memo.count, let value = memo[index] else {
      throw fault("value \(index) is used before it is kept; download the file again")
    }
    stack.append(value)
  }

  private mutating func remember(_ index: Int) throws {
    guard index < limits.memoValues else {
      throw fault(
        "value \(index) is kept and the limit is \(limits.memoValues); more is taken for an attack, so get the file anew"
      )
    }
    let value = try pop()
    stack.append(value)
    if index >= memo.count { memo += repeatElement(nil, count: index + 1 - memo.count) }
    memo[index] = value
  }

  private func checkFrame(_ length: UInt64) throws {
    guard length <= cursor.remaining else { throw cutOff() }
  }
}
