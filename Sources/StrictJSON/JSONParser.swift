/// A strict parser of one JSON text (RFC 8259) in UTF-8.
///
/// It refuses what lenient parsers accept: duplicate keys, trailing commas, NaN, lone surrogates, leading zeros,
/// comments, byte order marks, bytes after the value.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let file: String?
  let limits: JSONLimits
  /// Lines and bytes of the file before `bytes`.
  let linesBefore: Int
  let bytesBefore: Int
  var position = 0
  /// Decoded bytes of the string with escapes that is being read.
  var unescaped: [UInt8] = []

  init(
    _ bytes: UnsafeBufferPointer<UInt8>, file: String?, limits: JSONLimits, linesBefore: Int = 0,
    bytesBefore: Int = 0
  ) {
    self.bytes = bytes
    self.file = file
    self.limits = limits
    self.linesBefore = linesBefore
    self.bytesBefore = bytesBefore
  }

  /// The value that the whole text is.
  mutating func parse(root: JSONPlace) throws(JSONError) -> JSONValue {
    guard bytes.count <= limits.bytes else {
      throw error(
        "the text has \(bytes.count) bytes and the limit is \(limits.bytes); more is taken for an attack, so get the file anew"
      )
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.starts(with: [0xFF, 0xFE])
      || bytes.starts(with: [0xFE, 0xFF])
    {
      throw error("the text begins with a byte order mark; store it as UTF-8 without one")
    }
    skipSpace()
    guard position < bytes.count else { throw error("the text is empty; a JSON value is needed") }
    let value = try value(depth: 0, place: root)
    skipSpace()
    guard position == bytes.count else { throw error("more text follows the JSON value; remove it") }
    return value
  }

  /// Reads a value; `place` is its own.
  private mutating func value(depth: Int, place: @autoclosure () -> JSONPlace) throws(JSONError) -> JSONValue
  {
    guard position < bytes.count else { throw error("the text ends where a value is needed; it was cut off") }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      return .string(try string())
    case UInt8(ascii: "{"):
      return try object(depth: depth + 1, place: place())
    case UInt8(ascii: "["):
      return try array(depth: depth + 1, place: place)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return try number()
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    case UInt8(ascii: "N"), UInt8(ascii: "I"):
      throw error("JSON has no NaN and no Infinity; write a number or null")
    default:
      throw error("a value is needed here, not \(describedByte)")
    }
  }

  private mutating func object(depth: Int, place: JSONPlace) throws(JSONError) -> JSONValue {
    try enter(depth)
    var object = JSONObject(place: place)
    skipSpace()
    if take("}") { return .object(object) }
    while true {
      let start = position
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error("a key in double quotes is needed here, not \(describedByte)")
      }
      let key = try string()
      skipSpace()
      guard take(":") else { throw error("a colon is needed after the key \"\(key)\", not \(describedByte)") }
      skipSpace()
      let value = try value(depth: depth, place: JSONPlace(.key(key), in: place))
      guard object.appendNew(key, value) else {
        throw error("the key \"\(key)\" stands twice in one object; keep one", at: start)
      }
      skipSpace()
      if take("}") { return .object(object) }
      guard take(",") else { throw error("a comma or } is needed here, not \(describedByte)") }
      let comma = position - 1
      skipSpace()
      guard !take("}") else { throw error("a comma may not stand before }; remove it", at: comma) }
    }
  }

  private mutating func array(depth: Int, place: () -> JSONPlace) throws(JSONError) -> JSONValue {
    try enter(depth)
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(values) }
    // Only arrays that hold other arrays or objects need a place of their own.
    var own: JSONPlace?
    while true {
      let index = values.count
      values.append(
        try value(
          depth: depth,
          place: {
            let parent = own ?? place()
            own = parent
            return JSONPlace(.index(index), in: parent)
          }()))
      skipSpace()
      if take("]") { return .array(values) }
      guard take(",") else { throw error("a comma or ] is needed here, not \(describedByte)") }
      let comma = position - 1
      skipSpace()
      guard !take("]") else { throw error("a comma may not stand before ]; remove it", at: comma) }
    }
  }

  /// Steps over the opening bracket of an object or array.
  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= limits.depth else {
      throw error("arrays and objects are nested deeper than the limit of \(limits.depth); raise it")
    }
    position += 1
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      (0..<word.utf8CodeUnitCount).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw error("an unknown word; only true, false and null stand without quotes") }
    position = end
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }
}
