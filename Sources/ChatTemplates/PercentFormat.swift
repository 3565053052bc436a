/// `format % values`.
struct PercentFormat {
  private let format: TemplateText
  private let values: [Value]
  private let mapping: DictionaryValue?
  private let budget: Budget

  init(_ format: TemplateText, _ value: Value, _ budget: Budget) throws {
    self.format = format
    self.budget = budget
    if case .list(let list) = value, list.isTuple { values = list.items } else { values = [value] }
    if case .dictionary(let dictionary) = value { mapping = dictionary } else { mapping = nil }
  }

  func written() throws -> TemplateText {
    var builder = TextBuilder(budget)
    var nextValue = 0
    var start = 0
    let bytes = format.bytes
    while let percent = bytes[start...].firstIndex(of: UInt8(ascii: "%")) {
      try builder.append(format, start..<percent)
      // Keys are short and fields shorter.
      let window = String(decoding: bytes[percent + 1..<min(bytes.count, percent + 256)], as: UTF8.self)
      var rest = Array(window)[...]
      var key: String?
      if rest.first == "(" {
        let name = rest.dropFirst().prefix { $0 != ")" }
        key = String(name)
        rest.removeFirst(min(rest.count, name.count + 2))
      }
      var field = try Self.field(&rest)
      guard let type = rest.popFirst() else { throw TemplateFault("incomplete format") }
      let length = window.utf8.count - String(rest).utf8.count
      start = percent + 1 + length
      if type == "%" {
        try builder.append("%")
        continue
      }
      let value: Value
      if let key {
        guard let mapping else { throw TemplateFault("format requires a mapping") }
        guard let found = mapping.value(TemplateText(key)) else {
          throw TemplateFault("there is no key '\(key)'")
        }
        value = found
      } else {
        guard nextValue < values.count else { throw TemplateFault("not enough arguments for format string") }
        value = values[nextValue]
        nextValue += 1
      }
      try builder.append(written(value, type, &field))
    }
    guard nextValue == values.count || mapping != nil else {
      throw TemplateFault("not all arguments converted during string formatting")
    }
    try builder.append(format, start..<bytes.count)
    return builder.text()
  }

  private static func field(_ rest: inout ArraySlice<Character>) throws -> FieldFormat {
    var field = FieldFormat()
    field.alignment = ">"
    while let flag = rest.first, "-+ 0#".contains(flag) {
      rest.removeFirst()
      switch flag {
      case "-": field.alignment = "<"
      case "+": field.sign = "+"
      case " ": if field.sign.isEmpty { field.sign = " " }
      case "0":
        if field.alignment != "<" {
          field.alignment = "="
          field.fill = "0"
        }
      default: throw TemplateFault.unsupported("'#' in formats")
      }
    }
    field.width = try FieldFormat.number(&rest) ?? 0
    if rest.first == "." {
      rest.removeFirst()
      field.precision = try FieldFormat.number(&rest) ?? 0
    }
    return field
  }

  private func written(_ value: Value, _ type: Character, _ field: inout FieldFormat) throws -> TemplateText {
    switch type {
    case "s", "r", "a":
      if field.alignment == "=" {
        field.alignment = ">"
        field.fill = " "
      }
      return try field.written(.text(type == "s" ? value.written(budget) : value.represented(budget)), budget)
    case "d", "i", "u", "x", "X", "o":
      guard let number = value.double else {
        throw TemplateFault("%\(type) format: a real number is required, not \(value.typeName)")
      }
      guard let whole = value.int ?? Int(exactly: number.rounded(.towardZero)) else {
        throw TemplateFault("cannot convert float to integer")
      }
      field.type = type
      return try field.written(.integer(whole), budget)
    case "e", "E", "f", "F", "g", "G":
      guard let number = value.double else {
        throw TemplateFault("must be real number, not \(value.typeName)")
      }
      field.type = type
      return try field.written(.number(number), budget)
    case "c":
      if case .text(let text) = value, text.count == 1 { return try field.written(value, budget) }
      guard let code = value.int, let scalar = Unicode.Scalar(UInt32(clamping: code)) else {
        throw TemplateFault("%c requires int or char")
      }
      return try field.written(.text(TemplateText(String(Character(scalar)))), budget)
    default: throw TemplateFault("unsupported format character '\(type)'")
    }
  }
}
