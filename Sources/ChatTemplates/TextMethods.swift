/// Methods of Python's str.
enum TextMethods {
  private typealias Method = @Sendable (TemplateText, Arguments, Budget) throws -> Value

  static func member(_ name: String, of text: TemplateText) -> Value? {
    if let method = all[name] {
      return .function(
        Function(name) { interpreter, arguments in try method(text, arguments, interpreter.budget) })
    }
    switch name {
    case "format":
      return .function(
        Function(name) { interpreter, arguments in
          .text(try BraceFormat(text, arguments, interpreter).written())
        })
    case "encode", "expandtabs", "format_map", "maketrans", "translate", "casefold":
      return .function(
        Function(name) { _, _ in throw TemplateFault.unsupported("the method '\(name)' of texts") })
    default: return nil
    }
  }

  private static let all: [String: Method] = [
    "upper": { text, arguments, budget in .text(try text.upper(arguments.none(budget))) },
    "lower": { text, arguments, budget in .text(try text.lower(arguments.none(budget))) },
    "title": { text, arguments, budget in .text(try text.title(arguments.none(budget))) },
    "capitalize": { text, arguments, budget in .text(try text.capitalize(arguments.none(budget))) },
    "swapcase": { text, arguments, budget in .text(try text.swapCase(arguments.none(budget))) },
    "strip": { text, arguments, budget in try strip(text, arguments, .both, budget) },
    "lstrip": { text, arguments, budget in try strip(text, arguments, .left, budget) },
    "rstrip": { text, arguments, budget in try strip(text, arguments, .right, budget) },
    "split": { text, arguments, budget in try split(text, arguments, fromEnd: false, budget) },
    "rsplit": { text, arguments, budget in try split(text, arguments, fromEnd: true, budget) },
    "splitlines": { text, arguments, budget in
      let keeps = try arguments.bind("keepends")[0]?.isTrue ?? false
      return .list(try ListValue(text.lines(keepingEnds: keeps, budget).map(Value.text), budget))
    },
    "replace": { text, arguments, budget in
      let given = try arguments.bind("old", "new", "count")
      return .text(
        try text.replacing(
          given.text(0, "replace"), with: given.text(1, "replace"), most: given.int(2, "replace") ?? -1,
          budget))
    },
    "startswith": { text, arguments, budget in try affix(text, arguments, budget) { $0.hasPrefix($1) } },
    "endswith": { text, arguments, budget in try affix(text, arguments, budget) { $0.hasSuffix($1) } },
    "removeprefix": { text, arguments, budget in
      let prefix = try arguments.bind("prefix").text(0, "removeprefix")
      return .text(
        text.hasPrefix(prefix) ? try text.slice(prefix.bytes.count..<text.bytes.count, budget) : text)
    },
    "removesuffix": { text, arguments, budget in
      let suffix = try arguments.bind("suffix").text(0, "removesuffix")
      return .text(
        text.hasSuffix(suffix) ? try text.slice(0..<text.bytes.count - suffix.bytes.count, budget) : text)
    },
    "join": { text, arguments, budget in
      var builder = TextBuilder(budget)
      for (index, item) in try (arguments.bind("iterable")[0] ?? .none).elements(budget).enumerated() {
        guard case .text(let part) = item else {
          throw TemplateFault("sequence item \(index): expected str instance, \(item.typeName) found")
        }
        if index > 0 { try builder.append(text) }
        try builder.append(part)
      }
      return .text(builder.text())
    },
    "find": { text, arguments, budget in .integer(try find(text, arguments, fromEnd: false, budget) ?? -1) },
    "rfind": { text, arguments, budget in .integer(try find(text, arguments, fromEnd: true, budget) ?? -1) },
    "index": { text, arguments, budget in .integer(try found(find(text, arguments, fromEnd: false, budget)))
    },
    "rindex": { text, arguments, budget in .integer(try found(find(text, arguments, fromEnd: true, budget)))
    },
    "count": { text, arguments, budget in
      let (part, window) = try window(text, arguments, budget)
      guard let window else { return .integer(0) }
      if part.isEmpty { return .integer(try text.slice(window, budget).count + 1) }
      return .integer(try text.slice(window, budget).split(part, most: -1, budget).count - 1)
    },
    "partition": { text, arguments, budget in try partition(text, arguments, fromEnd: false, budget) },
    "rpartition": { text, arguments, budget in try partition(text, arguments, fromEnd: true, budget) },
    "center": { text, arguments, budget in
      try pad(text, arguments, budget) { ($0 / 2 + ($0 & $1 & 1), $0 - $0 / 2 - ($0 & $1 & 1)) }
    },
    "ljust": { text, arguments, budget in try pad(text, arguments, budget) { gap, _ in (0, gap) } },
    "rjust": { text, arguments, budget in try pad(text, arguments, budget) { gap, _ in (gap, 0) } },
    "zfill": { text, arguments, budget in
      guard let width = try arguments.bind("width").int(0, "zfill") else {
        throw TemplateFault("zfill needs a width")
      }
      let sign = text.bytes.first.map { "+-".utf8.contains($0) } == true ? 1 : 0
      return .text(
        try padded(
          text.slice(0..<sign, budget), text.slice(sign..<text.bytes.count, budget),
          max(0, width - text.count), budget))
    },
    "isalpha": { text, _, _ in .bool(text.isAll(\.isPythonAlpha)) },
    "isdigit": { text, _, _ in .bool(text.isAll(\.isPythonDigit)) },
    "isdecimal": { text, _, _ in .bool(text.isAll { $0.properties.numericType == .decimal }) },
    "isnumeric": { text, _, _ in .bool(text.isAll { $0.properties.numericType != nil }) },
    "isalnum": { text, _, _ in .bool(text.isAll { $0.isPythonAlpha || $0.properties.numericType != nil }) },
    "isspace": { text, _, _ in .bool(text.isAll(\.isPythonSpace)) },
    "isascii": { text, _, _ in .bool(text.isASCII) },
    "isupper": { text, _, _ in .bool(text.isCased(upper: true)) },
    "islower": { text, _, _ in .bool(text.isCased(upper: false)) },
    "istitle": { text, _, budget in .bool(try text.isCasedAtAll && text == text.title(budget)) },
    "isprintable": { text, _, _ in .bool(text.isEmpty || text.isAll(\.isPythonPrintable)) },
    "isidentifier": { text, _, _ in
      var isFirst = true
      return .bool(
        text.isAll { scalar in
          defer { isFirst = false }
          return scalar == "_" || (isFirst ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue)
        })
    },
  ]

  private static func strip(
    _ text: TemplateText, _ arguments: Arguments, _ ends: TemplateText.Ends, _ budget: Budget
  ) throws -> Value {
    .text(try text.strip(arguments.bind("chars").optionalText(0, "strip"), ends, budget))
  }

  private static func split(
    _ text: TemplateText, _ arguments: Arguments, fromEnd: Bool, _ budget: Budget
  ) throws -> Value {
    let given = try arguments.bind("sep", "maxsplit")
    let most = try given.int(1, "split") ?? -1
    let parts =
      if let separator = try given.optionalText(0, "split") {
        try fromEnd
          ? text.splitFromEnd(separator, most: most, budget) : text.split(separator, most: most, budget)
      } else {
        try text.words(most: most, fromEnd: fromEnd, budget)
      }
    return .list(try ListValue(parts.map(Value.text), budget))
  }

  /// `startswith` and `endswith`, with one affix or a tuple of them, within a part of the text.
  private static func affix(
    _ text: TemplateText, _ arguments: Arguments, _ budget: Budget,
    _ has: (TemplateText, TemplateText) -> Bool
  ) throws -> Value {
    let given = try arguments.bind("affix", "start", "end")
    let whole = given[1] == nil && given[2] == nil
    let part =
      try whole
      ? text : text.slice(characters(text, given.int(1, "start"), given.int(2, "end")) ?? 0..<0, budget)
    if case .list(let list)? = given[0], list.isTuple {
      return .bool(try list.items.contains { has(part, try [$0].text(0, "startswith")) })
    }
    return .bool(has(part, try given.text(0, "startswith")))
  }

  /// The bytes of the characters from `start` to `end`; nil if the start is behind the end.
  private static func characters(_ text: TemplateText, _ start: Int?, _ end: Int?) throws -> Range<Int>? {
    let count = text.count
    func place(_ bound: Int) -> Int { bound < 0 ? max(0, bound < -count ? 0 : bound + count) : bound }
    let first = place(start ?? 0)
    let last = min(count, place(end ?? count))
    guard first <= last else { return nil }
    return text.offset(ofCharacter: first)..<text.offset(ofCharacter: last)
  }

  private static func window(
    _ text: TemplateText, _ arguments: Arguments, _ budget: Budget
  ) throws -> (TemplateText, Range<Int>?) {
    let given = try arguments.bind("sub", "start", "end")
    let part = try given.text(0, "find")
    try budget.step(text.searchCost(part))
    return (part, try characters(text, given.int(1, "find"), given.int(2, "find")))
  }

  private static func find(
    _ text: TemplateText, _ arguments: Arguments, fromEnd: Bool, _ budget: Budget
  ) throws -> Int? {
    let (part, window) = try window(text, arguments, budget)
    guard let window,
      let range = fromEnd ? text.lastRange(of: part, in: window) : text.firstRange(of: part, in: window)
    else { return nil }
    return text.isASCII ? range.lowerBound : try text.slice(0..<range.lowerBound, budget).count
  }

  private static func found(_ index: Int?) throws -> Int {
    guard let index else { throw TemplateFault("substring not found") }
    return index
  }

  private static func partition(
    _ text: TemplateText, _ arguments: Arguments, fromEnd: Bool, _ budget: Budget
  ) throws -> Value {
    let separator = try arguments.bind("sep").text(0, "partition")
    guard !separator.isEmpty else { throw TemplateFault("empty separator") }
    try budget.step(text.searchCost(separator))
    let all = 0..<text.bytes.count
    let range = fromEnd ? text.lastRange(of: separator, in: all) : text.firstRange(of: separator, in: all)
    guard let range else {
      let parts = fromEnd ? [.empty, .empty, text] : [text, .empty, .empty]
      return .list(try ListValue(parts.map(Value.text), isTuple: true, budget))
    }
    let parts = [0..<range.lowerBound, range, range.upperBound..<all.upperBound]
    return .list(try ListValue(parts.map { .text(try text.slice($0, budget)) }, isTuple: true, budget))
  }

  /// - Parameter share: How a gap is shared out in front and behind, told the width too.
  private static func pad(
    _ text: TemplateText, _ arguments: Arguments, _ budget: Budget, _ share: (Int, Int) -> (Int, Int)
  ) throws -> Value {
    let given = try arguments.bind("width", "fillchar")
    guard let width = try given.int(0, "center") else { throw TemplateFault("a width is needed") }
    let fill = try given.optionalText(1, "center") ?? TemplateText(" ")
    guard fill.count == 1 else {
      throw TemplateFault("the fill character must be exactly one character long")
    }
    guard width > text.count else { return .text(text) }
    let (front, back) = share(width - text.count, width)
    try budget.require(width)
    var builder = TextBuilder(budget)
    for _ in 0..<front { try builder.append(fill) }
    try builder.append(text)
    for _ in 0..<back { try builder.append(fill) }
    return .text(builder.text())
  }

  private static func padded(
    _ front: TemplateText, _ back: TemplateText, _ zeros: Int, _ budget: Budget
  ) throws -> TemplateText {
    try budget.require(zeros)
    var builder = TextBuilder(budget)
    try builder.append(front)
    try builder.append(String(repeating: "0", count: zeros))
    try builder.append(back)
    return builder.text()
  }
}

extension TemplateText {
  fileprivate var isCasedAtAll: Bool { scalars.contains { $0.scalar.properties.isCased } }
}

extension Arguments {
  /// Checks that nothing is given.
  fileprivate func none(_ budget: Budget) throws -> Budget {
    _ = try bind()
    return budget
  }
}
