/// Values as Python's `json.dumps` writes them: texts keep where they come from.
struct JSONText {
  private var builder: TextBuilder
  private let budget: Budget
  private let isASCII: Bool
  private let indentation: TemplateText?
  private let itemSeparator: TemplateText
  private let keySeparator: TemplateText
  private let sortsKeys: Bool

  /// - Parameter arguments: `ensure_ascii`, `indent`, `separators` and `sort_keys`.
  init(_ arguments: Arguments, _ budget: Budget) throws {
    let given = try arguments.bind("ensure_ascii", "indent", "separators", "sort_keys")
    self.budget = budget
    builder = TextBuilder(budget)
    isASCII = given[0]?.isTrue ?? false
    sortsKeys = given[3]?.isTrue ?? false
    switch given[1] {
    case nil, Value.none?: indentation = nil
    case .text(let text)?: indentation = text
    case let value?:
      guard let count = value.int else { throw TemplateFault("indent must be a number or a text") }
      guard count <= 64 else { throw TemplateFault(.limit, "indent is larger than 64") }
      indentation = TemplateText(String(repeating: " ", count: max(0, count)))
    }
    switch given[2] {
    case nil, Value.none?:
      itemSeparator = TemplateText(indentation == nil ? ", " : ",")
      keySeparator = TemplateText(": ")
    case let value?:
      let pair = try value.elements(budget).map(Optional.some)
      guard pair.count == 2 else { throw TemplateFault("separators must be a pair of texts") }
      itemSeparator = try pair.text(0, "tojson")
      keySeparator = try pair.text(1, "tojson")
    }
  }

  mutating func written(_ value: Value) throws -> TemplateText {
    try write(value, 0)
    return builder.text()
  }

  private mutating func write(_ value: Value, _ depth: Int) throws {
    guard depth <= TemplateLimits.depth else { throw TemplateFault.tooDeep }
    try budget.step()
    switch value {
    case .none: try builder.append("null")
    case .bool(let truth): try builder.append(truth ? "true" : "false")
    case .integer(let number): try builder.append(number.description)
    case .number(let number): try builder.append(Self.number(number))
    case .text(let text): try write(text)
    case .list(let list):
      try write("[", "]", list.items.count, depth) { json, index in
        try json.write(list.items[index], depth + 1)
      }
    case .dictionary(let dictionary): try write(dictionary, depth)
    default: throw TemplateFault("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private mutating func write(
    _ open: String, _ close: String, _ count: Int, _ depth: Int,
    _ writeItem: (inout JSONText, Int) throws -> Void
  ) throws {
    try builder.append(open)
    for index in 0..<count {
      if index > 0 { try builder.append(itemSeparator) }
      try newLine(depth + 1)
      try writeItem(&self, index)
    }
    if count > 0 { try newLine(depth) }
    try builder.append(close)
  }

  private mutating func newLine(_ depth: Int) throws {
    guard let indentation else { return }
    try builder.append("\n")
    for _ in 0..<depth { try builder.append(indentation) }
  }

  private mutating func write(_ dictionary: DictionaryValue, _ depth: Int) throws {
    var order = Array(0..<dictionary.count)
    if sortsKeys {
      order = try Sorting.sorted(order, budget) {
        try dictionary.keys[$0].order(dictionary.keys[$1], "<", budget) ?? 0
      }
    }
    try write("{", "}", order.count, depth) { json, index in
      try json.write(key: dictionary.keys[order[index]])
      try json.builder.append(json.keySeparator)
      try json.write(dictionary.values[order[index]], depth + 1)
    }
  }

  private mutating func write(key: Value) throws {
    switch key {
    case .text(let text): try write(text)
    case .none: try write(TemplateText("null"))
    case .bool(let truth): try write(TemplateText(truth ? "true" : "false"))
    case .integer(let number): try write(TemplateText(number.description))
    case .number(let number): try write(TemplateText(Self.number(number)))
    default: throw TemplateFault("keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private static func number(_ value: Double) -> String {
    value.isNaN
      ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : PythonNumber.shortest(value)
  }

  private mutating func write(_ text: TemplateText) throws {
    try builder.append("\"")
    // What needs no escape goes as it is.
    var start = 0
    for (offset, scalar) in text.scalars where Self.needsEscape(scalar, isASCII) {
      try builder.append(text, start..<offset)
      try builder.append(Self.escape(scalar), text.origin(at: offset))
      start = offset + UTF8.width(scalar)
    }
    try budget.step(text.bytes.count / 8)
    try builder.append(text, start..<text.bytes.count)
    try builder.append("\"")
  }

  private static func needsEscape(_ scalar: Unicode.Scalar, _ isASCII: Bool) -> Bool {
    scalar == "\"" || scalar == "\\" || scalar.value < 0x20 || isASCII && scalar.value > 0x7E
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": "\\\""
    case "\\": "\\\\"
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case "\u{8}": "\\b"
    case "\u{C}": "\\f"
    default:
      Character(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }
}
