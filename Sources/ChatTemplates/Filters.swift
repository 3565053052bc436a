/// Jinja's filters, which stand behind `|`.
enum Filters {
  typealias Filter = @Sendable (Value, Arguments, Interpreter) throws -> Value

  static func isKnown(_ name: String) -> Bool { all[name] != nil || unsupported.contains(name) }

  static func apply(_ name: String, _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter) throws
    -> Value
  {
    guard let filter = all[name] else {
      throw unsupported.contains(name)
        ? TemplateFault.unsupported("the filter '\(name)'") : TemplateFault("there is no filter '\(name)'")
    }
    return try filter(value, arguments, interpreter)
  }

  private static let all = texts.merging(sequences) { first, _ in first }.merging(numbers) { first, _ in first
  }

  /// Filters of Jinja that chat templates have no use for.
  private static let unsupported: Set = [
    "filesizeformat", "pprint", "random", "striptags", "urlencode", "urlize", "wordwrap", "xmlattr",
  ]

  /// The value that a filter for texts works on, as Jinja's `soft_str` has it.
  private static func text(_ value: Value, _ interpreter: Interpreter) throws -> TemplateText {
    try value.written(interpreter.budget)
  }

  private static let texts: [String: Filter] = [
    "upper": { value, _, interpreter in .text(try text(value, interpreter).upper(interpreter.budget)) },
    "lower": { value, _, interpreter in .text(try text(value, interpreter).lower(interpreter.budget)) },
    "title": { value, _, interpreter in .text(try text(value, interpreter).jinjaTitle(interpreter.budget)) },
    "capitalize": { value, _, interpreter in
      .text(try text(value, interpreter).capitalize(interpreter.budget))
    },
    "trim": { value, arguments, interpreter in
      let characters = try arguments.bind("chars").optionalText(0, "trim")
      return .text(try text(value, interpreter).strip(characters, .both, interpreter.budget))
    },
    "string": { value, _, interpreter in .text(try text(value, interpreter)) },
    "safe": { value, _, interpreter in .text(try text(value, interpreter).markup) },
    "replace": { value, arguments, interpreter in
      let given = try arguments.bind("old", "new", "count")
      guard let old = given[0], let new = given[1] else { throw TemplateFault("replace takes two texts") }
      return .text(
        try text(value, interpreter).replacing(
          text(old, interpreter), with: text(new, interpreter), most: given.int(2, "replace") ?? -1,
          interpreter.budget))
    },
    "escape": escape, "e": escape, "forceescape": escape,
    "indent": indent,
    "center": { value, arguments, interpreter in
      let width = try arguments.bind("width")[0] ?? .integer(80)
      let method =
        try interpreter.member(TemplateText("center"), of: .text(text(value, interpreter))) ?? .none
      return try interpreter.call(method, Arguments(positional: [width]))
    },
    "format": { value, arguments, interpreter in
      guard arguments.positional.isEmpty || arguments.keywords.isEmpty else {
        throw TemplateFault("can't handle positional and keyword arguments at the same time")
      }
      let budget = interpreter.budget
      let members = arguments.keywords.map { (Value.text($0.name), $0.value) }
      let given: Value =
        members.isEmpty
        ? .list(try ListValue(arguments.positional, isTuple: true, budget))
        : .dictionary(try DictionaryValue(members, budget))
      return .text(try PercentFormat(text(value, interpreter), given, budget).written())
    },
    "truncate": truncate,
    "wordcount": { value, _, interpreter in
      var count = 0
      var isInside = false
      for (_, scalar) in try text(value, interpreter).scalars {
        let isWord = scalar == "_" || scalar.isPythonAlpha || scalar.properties.numericType != nil
        count += isWord && !isInside ? 1 : 0
        isInside = isWord
      }
      return .integer(count)
    },
    "tojson": { value, arguments, interpreter in
      var json = try JSONText(arguments, interpreter.budget)
      return .text(try json.written(value))
    },
  ]

  private static let escape: Filter = { value, _, interpreter in
    .text(try text(value, interpreter).escaped(interpreter.budget))
  }

  private static let indent: Filter = { value, arguments, interpreter in
    let given = try arguments.bind("width", "first", "blank")
    guard case .text(let source) = value else {
      throw TemplateFault("indent needs a text, not \(value.typeName)")
    }
    let width: TemplateText
    switch given[0] {
    case .text(let text)?: width = text
    case nil: width = TemplateText("    ")
    case let number?:
      guard let count = number.int else { throw TemplateFault("indent needs a width") }
      try interpreter.budget.require(max(0, count))
      width = TemplateText(String(repeating: " ", count: max(0, count)))
    }
    let budget = interpreter.budget
    let lines = try source.lines(keepingEnds: false, budget)
    // The line break that Jinja adds keeps a last empty line.
    let endsLine = source.bytes.last.map { $0 == 0x0A || $0 == 0x0D } ?? true
    var builder = TextBuilder(budget)
    for (index, line) in (endsLine ? lines + [.empty] : lines).enumerated() {
      if index > 0 { try builder.append("\n") }
      let isIndented = index == 0 ? given[1]?.isTrue ?? false : !line.isEmpty || given[2]?.isTrue ?? false
      if isIndented { try builder.append(width) }
      try builder.append(line)
    }
    return .text(builder.text())
  }

  private static let truncate: Filter = { value, arguments, interpreter in
    let given = try arguments.bind("length", "killwords", "end", "leeway")
    let budget = interpreter.budget
    guard case .text(let source) = value else {
      throw TemplateFault("truncate needs a text, not \(value.typeName)")
    }
    let length = try given.int(0, "truncate") ?? 255
    let end = try given.optionalText(2, "truncate") ?? TemplateText("...")
    let leeway = try given.int(3, "truncate") ?? 5
    guard length >= end.count, leeway >= 0, length < 1 << 40, leeway < 1 << 40 else {
      throw TemplateFault("truncate needs a length of at least \(end.count)")
    }
    guard source.count > length + leeway else { return value }
    var cut = try source.slice(0..<source.offset(ofCharacter: length - end.count), budget)
    if given[1]?.isTrue != true {
      cut = try cut.splitFromEnd(TemplateText(" "), most: 1, budget)[0]
    }
    var builder = TextBuilder(budget)
    try builder.append(cut)
    try builder.append(end)
    return .text(builder.text())
  }

  private static let numbers: [String: Filter] = [
    "abs": { value, _, _ in
      if case .undefined(let undefined) = value { throw undefined.fault }
      if let number = value.int {
        guard number != .min else { throw TemplateFault(.limit, "an integer needs more than 64 bits") }
        return .integer(abs(number))
      }
      guard case .number(let number) = value else {
        throw TemplateFault("bad operand type for abs(): '\(value.typeName)'")
      }
      return .number(abs(number))
    },
    "int": { value, arguments, _ in
      let given = try arguments.bind("default", "base")
      let usual = given[0] ?? .integer(0)
      switch value {
      case .undefined(let undefined): throw undefined.fault
      case .text(let text):
        if let number = try PythonNumber.int(text, base: given.int(1, "int") ?? 10) {
          return .integer(number)
        }
        return PythonNumber.float(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(Value.integer)
          ?? usual
      default:
        guard let number = value.double else { return usual }
        return (value.int ?? Int(exactly: number.rounded(.towardZero))).map(Value.integer) ?? usual
      }
    },
    "float": { value, arguments, _ in
      let usual = try arguments.bind("default")[0] ?? .number(0)
      switch value {
      case .undefined(let undefined): throw undefined.fault
      case .text(let text): return PythonNumber.float(text).map(Value.number) ?? usual
      default: return value.double.map(Value.number) ?? usual
      }
    },
    "round": { value, arguments, interpreter in
      let given = try arguments.bind("precision", "method")
      let precision = try given.int(0, "round") ?? 0
      let method = try given.optionalText(1, "round")?.string ?? "common"
      if case .undefined(let undefined) = value { throw undefined.fault }
      guard let number = value.double, abs(precision) <= 300 else {
        throw TemplateFault("round needs a number")
      }
      switch method {
      case "common":
        if let whole = value.int, precision >= 0 { return .integer(whole) }
        let rounded = PythonNumber.rounded(number, precision)
        return value.int == nil
          ? .number(rounded) : Int(exactly: rounded).map(Value.integer) ?? .number(rounded)
      case "ceil", "floor":
        let scale = PythonNumber.power(10, Double(precision))
        return .number((number * scale).rounded(method == "ceil" ? .up : .down) / scale)
      default: throw TemplateFault("method must be common, ceil or floor")
      }
    },
  ]
}
