extension Value {
  /// Python's `str`.
  func written(_ budget: Budget) throws -> TemplateText {
    switch self {
    case .undefined: return .empty
    case .text(let text): return text
    default:
      var builder = TextBuilder(budget)
      try write(to: &builder, 0, budget)
      return builder.text()
    }
  }

  /// Python's `repr`.
  func represented(_ budget: Budget) throws -> TemplateText {
    var builder = TextBuilder(budget)
    try write(to: &builder, 0, budget)
    return builder.text()
  }

  private func write(to builder: inout TextBuilder, _ depth: Int, _ budget: Budget) throws {
    guard depth <= TemplateLimits.depth else { throw TemplateFault.tooDeep }
    try budget.step()
    switch self {
    case .undefined: try builder.append("Undefined")
    case .none: try builder.append("None")
    case .bool(let value): try builder.append(value ? "True" : "False")
    case .integer(let value): try builder.append(value.description)
    case .number(let value): try builder.append(PythonNumber.shortest(value))
    case .text(let text): try Self.write(quoted: text, to: &builder)
    case .list(let list):
      try builder.append(list.isTuple ? "(" : "[")
      try Self.write(list.items, to: &builder, depth, budget)
      if list.isTuple {
        try builder.append(list.items.count == 1 ? ",)" : ")")
      } else {
        try builder.append("]")
      }
    case .dictionary(let dictionary): try Self.write(dictionary, to: &builder, depth, budget)
    case .range(let range):
      let stop = range.start + range.count * range.step
      try builder.append("range(\(range.start), \(stop)\(range.step == 1 ? "" : ", \(range.step)"))")
    case .iterator(let iterator):
      guard let view = iterator.view else { throw TemplateFault("a generator cannot be written; use list") }
      try builder.append("\(iterator.typeName)([")
      try Self.write(view.items, to: &builder, depth, budget)
      try builder.append("])")
    case .namespace(let namespace):
      try builder.append("<Namespace ")
      try Self.write(namespace.attributes, to: &builder, depth, budget)
      try builder.append(">")
    case .loop(let loop): try builder.append("<LoopContext \(loop.index0 + 1)/\(try loop.length())>")
    case .function(let function): try builder.append("<function \(function.name)>")
    }
  }

  private static func write(
    _ items: [Value], to builder: inout TextBuilder, _ depth: Int, _ budget: Budget
  ) throws {
    for (index, item) in items.enumerated() {
      if index > 0 { try builder.append(", ") }
      try item.write(to: &builder, depth + 1, budget)
    }
  }

  private static func write(
    _ dictionary: DictionaryValue, to builder: inout TextBuilder, _ depth: Int, _ budget: Budget
  ) throws {
    try builder.append("{")
    for index in 0..<dictionary.count {
      if index > 0 { try builder.append(", ") }
      try dictionary.keys[index].write(to: &builder, depth + 1, budget)
      try builder.append(": ")
      try dictionary.values[index].write(to: &builder, depth + 1, budget)
    }
    try builder.append("}")
  }

  private static func write(quoted text: TemplateText, to builder: inout TextBuilder) throws {
    let usesDouble = text.bytes.contains(UInt8(ascii: "'")) && !text.bytes.contains(UInt8(ascii: "\""))
    let quote = usesDouble ? "\"" : "'"
    try builder.append(quote)
    for (offset, scalar) in text.scalars {
      let origin = text.origin(at: offset)
      switch scalar {
      case "\\": try builder.append("\\\\", origin)
      case "\n": try builder.append("\\n", origin)
      case "\r": try builder.append("\\r", origin)
      case "\t": try builder.append("\\t", origin)
      case "'" where !usesDouble: try builder.append("\\'", origin)
      case _ where scalar.isPythonPrintable: try builder.append(scalar, origin)
      default:
        let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let digits = String(scalar.value, radix: 16)
        try builder.append(
          "\\" + mark + String(repeating: "0", count: width - digits.count) + digits, origin)
      }
    }
    try builder.append(quote)
  }
}
