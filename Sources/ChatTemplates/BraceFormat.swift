/// `format.format(values)`.
struct BraceFormat {
  private let format: TemplateText
  private let arguments: Arguments
  private let interpreter: Interpreter

  init(_ format: TemplateText, _ arguments: Arguments, _ interpreter: Interpreter) {
    self.format = format
    self.arguments = arguments
    self.interpreter = interpreter
  }

  func written() throws -> TemplateText {
    var builder = TextBuilder(interpreter.budget)
    let bytes = format.bytes
    let (open, close) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
    var automatic = 0
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      if byte == open || byte == close, place + 1 < bytes.count, bytes[place + 1] == byte {
        try builder.append(format, place..<place + 1)
        place += 2
      } else if byte == open {
        guard let end = bytes[place...].firstIndex(of: close) else {
          throw TemplateFault("expected '}' before end of string")
        }
        let field = String(decoding: bytes[place + 1..<end], as: UTF8.self)
        guard !field.contains("{") else { throw TemplateFault.unsupported("a format within a format") }
        try builder.append(written(field, &automatic))
        place = end + 1
      } else if byte == close {
        throw TemplateFault("Single '}' encountered in format string")
      } else {
        let end = bytes[place...].firstIndex { $0 == open || $0 == close } ?? bytes.count
        try builder.append(format, place..<end)
        place = end
      }
    }
    return builder.text()
  }

  private func written(_ field: String, _ automatic: inout Int) throws -> TemplateText {
    let halves = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let head = halves[0].split(separator: "!", maxSplits: 1, omittingEmptySubsequences: false)
    var value = try value(String(head[0]), &automatic)
    if head.count > 1 {
      switch head[1] {
      case "s": value = .text(try value.written(interpreter.budget))
      case "r": value = .text(try value.represented(interpreter.budget))
      default: throw TemplateFault("Unknown conversion specifier '\(head[1])'")
      }
    }
    return try FieldFormat(halves.count > 1 ? String(halves[1]) : "").written(value, interpreter.budget)
  }

  private func value(_ path: String, _ automatic: inout Int) throws -> Value {
    var rest = path[...]
    let name = String(rest.prefix { $0 != "." && $0 != "[" })
    rest.removeFirst(name.count)
    var value: Value
    if name.isEmpty || Int(name) != nil {
      let index = Int(name) ?? automatic
      automatic += name.isEmpty ? 1 : 0
      guard arguments.positional.indices.contains(index) else {
        throw TemplateFault("Replacement index \(index) out of range for positional args tuple")
      }
      value = arguments.positional[index]
    } else {
      guard let named = arguments.keyword(name) else { throw TemplateFault("there is no key '\(name)'") }
      value = named
    }
    while let mark = rest.popFirst() {
      let end: Character = mark == "[" ? "]" : "."
      let part = String(rest.prefix { $0 != end && (mark == "[" || $0 != "[") })
      rest.removeFirst(part.count)
      if mark == "[" { rest = rest.dropFirst() }
      value =
        mark == "["
        ? try interpreter.item(Int(part).map(Value.integer) ?? .text(part), of: value)
        : try interpreter.attribute(TemplateText(part), of: value)
    }
    return value
  }
}
