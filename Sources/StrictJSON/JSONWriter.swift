extension JSONValue {
  /// How a value is laid out as text.
  package enum Layout: Sendable {
    /// No space at all.
    case compact
    /// One member a line, indented by two spaces; arrays of plain values stay on one line.
    case pretty
  }

  /// The value as UTF-8 text, keys in their order, numbers in the shortest form that reads back the same.
  /// - Throws: `JSONError` for NaN and infinity, which JSON cannot express.
  package func text(_ layout: Layout = .compact) throws(JSONError) -> String {
    var writer = JSONWriter(pretty: layout == .pretty)
    try writer.write(self, path: "")
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension JSONObject {
  /// As `JSONValue.text`.
  package func text(_ layout: JSONValue.Layout = .compact) throws(JSONError) -> String {
    try JSONValue.object(self).text(layout)
  }
}

/// Writes JSON text into a byte buffer.
struct JSONWriter {
  var bytes: [UInt8] = []
  private let pretty: Bool
  private var indentation = 0

  init(pretty: Bool) { self.pretty = pretty }

  mutating func write(_ value: JSONValue, path: @autoclosure () -> String) throws(JSONError) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(value.description)
    case .number(let value):
      guard value.isFinite else {
        let place = path()
        let name = place.isEmpty ? "the value" : place
        throw JSONError(
          file: nil, keyPath: place, message: "\(name) is \(value), which JSON cannot express; write null")
      }
      append(value.description)
    case .string(let value): write(value)
    case .array(let values): try write(values, path: path())
    case .object(let object): try write(object, path: path())
    }
  }

  private mutating func write(_ values: [JSONValue], path: @autoclosure () -> String) throws(JSONError) {
    let onOneLine = !pretty || !values.contains { $0.array != nil || $0.object != nil }
    append("[")
    indentation += 1
    for (index, value) in values.enumerated() {
      if index > 0 { append(",") }
      if !onOneLine { newLine() } else if pretty, index > 0 { append(" ") }
      try write(value, path: "\(path())[\(index)]")
    }
    indentation -= 1
    if !onOneLine { newLine() }
    append("]")
  }

  private mutating func write(_ object: JSONObject, path: @autoclosure () -> String) throws(JSONError) {
    append("{")
    indentation += 1
    for (index, member) in object.enumerated() {
      if index > 0 { append(",") }
      if pretty { newLine() }
      write(member.key)
      append(pretty ? ": " : ":")
      try write(member.value, path: JSONPlace.path(path(), member.key))
    }
    indentation -= 1
    if pretty, !object.isEmpty { newLine() }
    append("}")
  }

  private mutating func write(_ string: String) {
    append("\"")
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x08: append("\\b")
      case 0x0C: append("\\f")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20:
        append(byte < 0x10 ? "\\u000" : "\\u00")
        append(String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    append("\"")
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func newLine() {
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: 2 * indentation))
  }
}
