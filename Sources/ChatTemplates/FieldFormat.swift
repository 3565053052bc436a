/// How one value is laid out in `format` and `%`.
struct FieldFormat {
  var fill: Character = " "
  /// `<`, `>`, `^`, or `=` for zeros behind the sign; nil for the type's usual side.
  var alignment: Character?
  /// In front of numbers that are not negative: "+", " " or nothing.
  var sign = ""
  var width = 0
  var grouping: Character?
  var precision: Int?
  var type: Character?

  /// The most characters and digits that a format may ask for.
  private static let most = 10_000

  init() {}

  /// Reads `[[fill]align][sign][#][0][width][,][.precision][type]`.
  init(_ text: String) throws {
    var rest = Array(text)[...]
    if rest.count > 1, "<>^=".contains(rest[rest.startIndex + 1]) {
      fill = rest.removeFirst()
      alignment = rest.removeFirst()
    } else if let first = rest.first, "<>^=".contains(first) {
      alignment = rest.removeFirst()
    }
    if let first = rest.first, "+- ".contains(first) {
      rest.removeFirst()
      sign = first == "-" ? "" : String(first)
    }
    if rest.first == "#" { throw TemplateFault.unsupported("'#' in formats") }
    if rest.first == "0", alignment == nil {
      fill = "0"
      alignment = "="
    }
    width = try Self.number(&rest) ?? 0
    if let first = rest.first, ",_".contains(first) { grouping = rest.removeFirst() }
    if rest.first == "." {
      rest.removeFirst()
      guard let digits = try Self.number(&rest) else {
        throw TemplateFault("Format specifier missing precision")
      }
      precision = digits
    }
    type = rest.popFirst()
    guard rest.isEmpty else { throw TemplateFault("Invalid format specifier '\(text)'") }
  }

  static func number(_ rest: inout ArraySlice<Character>) throws -> Int? {
    let digits = String(rest.prefix { $0.isASCII && $0.isNumber })
    guard !digits.isEmpty else { return nil }
    rest.removeFirst(digits.count)
    guard let number = Int(digits), number <= most else {
      throw TemplateFault(.limit, "a format asks for more than \(most) characters")
    }
    return number
  }

  /// A value as Python's `format` lays it out.
  func written(_ value: Value, _ budget: Budget) throws -> TemplateText {
    switch value {
    case .number(let number):
      return padded(TemplateText(signed(number < 0, try digits(abs(number)))), isNumber: true)
    case _ where value.int != nil && (type.map { $0 != "s" } ?? (value.typeName == "int")):
      let number = value.int ?? 0
      if let type, "eEfFgG%".contains(type) {
        return padded(TemplateText(signed(number < 0, try digits(abs(Double(number))))), isNumber: true)
      }
      return padded(TemplateText(signed(number < 0, try digits(number.magnitude))), isNumber: true)
    default:
      guard type == nil || type == "s" else {
        throw TemplateFault("Unknown format code '\(type ?? "s")' for object of type '\(value.typeName)'")
      }
      let text = try value.written(budget)
      let cut =
        try precision.map { try text.slice(0..<text.offset(ofCharacter: min($0, text.count)), budget) }
        ?? text
      return try padded(cut, budget)
    }
  }

  private func signed(_ isNegative: Bool, _ digits: String) -> String { (isNegative ? "-" : sign) + digits }

  private func digits(_ number: Double) throws -> String {
    switch type {
    case nil where precision == nil: return PythonNumber.shortest(number)
    case nil: return PythonNumber.formatted(number, precision ?? 6, "g")
    case "%"?: return PythonNumber.formatted(number * 100, precision ?? 6, "f") + "%"
    case let type? where "eEfFgG".contains(type):
      return grouped(PythonNumber.formatted(number, precision ?? 6, type))
    case let type?: throw TemplateFault("Unknown format code '\(type)' for object of type 'float'")
    }
  }

  private func digits(_ number: UInt) throws -> String {
    switch type {
    case nil, "d", "n", "i", "u": return grouped(String(number))
    case "x": return String(number, radix: 16)
    case "X": return String(number, radix: 16, uppercase: true)
    case "o": return String(number, radix: 8)
    case "b": return String(number, radix: 2)
    case "c": return Unicode.Scalar(UInt32(clamping: number)).map { String(Character($0)) } ?? ""
    case let type?: throw TemplateFault("Unknown format code '\(type)' for object of type 'int'")
    }
  }

  private func grouped(_ digits: String) -> String {
    guard let grouping else { return digits }
    let whole = digits.prefix { $0.isNumber }
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { result.append(grouping) }
      result.append(digit)
    }
    return result + digits.dropFirst(whole.count)
  }

  private func padded(_ text: TemplateText, isNumber: Bool) -> TemplateText {
    let gap = max(0, width - text.count)
    let string = text.string
    if alignment == "=" {
      let sign = string.prefix { "+- ".contains($0) }
      return TemplateText(sign + String(repeating: fill, count: gap) + string.dropFirst(sign.count))
    }
    let (front, back) = sides(gap, isNumber: isNumber)
    return TemplateText(front + string + back)
  }

  private func padded(_ text: TemplateText, _ budget: Budget) throws -> TemplateText {
    guard text.count < width else { return text }
    let (front, back) = sides(width - text.count, isNumber: false)
    var builder = TextBuilder(budget)
    try builder.append(front)
    try builder.append(text)
    try builder.append(back)
    return builder.text()
  }

  private func sides(_ gap: Int, isNumber: Bool) -> (String, String) {
    let front =
      switch alignment {
      case "<": 0
      case "^": gap / 2
      case ">", "=": gap
      default: isNumber ? gap : 0
      }
    return (String(repeating: fill, count: front), String(repeating: fill, count: gap - front))
  }
}
