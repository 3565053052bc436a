extension TemplateParser {
  /// What stands behind an operand: attributes, subscripts, calls.
  mutating func postfix(_ operand: Expression) throws(ChatTemplateError) -> Expression {
    var operand = operand
    while true {
      let line = current.line
      if skip(symbol: ".") {
        let token = next()
        switch token.kind {
        case .name(let name): operand = try made(.attribute(operand, TemplateText(name)), line)
        case .integer(let index):
          operand = try made(.item(operand, try made(.constant(.integer(index)), line)), line)
        default: throw error("a name or number is needed, not \(token.described)", token.line)
        }
      } else if skip(symbol: "[") {
        operand = try subscripted(operand, line)
      } else if current.isSymbol("(") {
        operand = try made(.call(operand, try arguments()), line)
      } else {
        return operand
      }
    }
  }

  private mutating func subscripted(_ base: Expression, _ line: Int) throws(ChatTemplateError) -> Expression {
    func isEnd(_ token: TemplateToken) -> Bool { token.isSymbol("]") || token.isSymbol(",") }
    if skip(symbol: "]") { return try made(.item(base, made(.list([], isTuple: true), line)), line) }
    let start = current.isSymbol(":") ? nil : try expression()
    if skip(symbol: ":") {
      let stop = current.isSymbol(":") || isEnd(current) ? nil : try expression()
      let step = skip(symbol: ":") && !isEnd(current) ? try expression() : nil
      try expect(symbol: "]")
      return try made(.slice(base, start, stop, step), line)
    }
    guard let start else { throw error("an index is needed") }
    var items = [start]
    while skip(symbol: ",") { items.append(try expression()) }
    try expect(symbol: "]")
    return try made(.item(base, items.count == 1 ? start : made(.list(items, isTuple: true), line)), line)
  }

  private mutating func arguments() throws(ChatTemplateError) -> CallArguments {
    let line = current.line
    var arguments = CallArguments()
    try expect(symbol: "(")
    var needsComma = false
    while !current.isSymbol(")") {
      if needsComma {
        try expect(symbol: ",")
        if current.isSymbol(")") { break }
      }
      needsComma = true
      if skip(symbol: "*") {
        guard arguments.list == nil, arguments.dictionary == nil else {
          throw error("a call is malformed", line)
        }
        arguments.list = try expression()
      } else if skip(symbol: "**") {
        guard arguments.dictionary == nil else { throw error("a call is malformed", line) }
        arguments.dictionary = try expression()
      } else if case .name(let name) = current.kind, following.isSymbol("=") {
        guard arguments.dictionary == nil else { throw error("a call is malformed", line) }
        next()
        next()
        arguments.keywords.append((name, try expression()))
      } else {
        guard arguments.list == nil, arguments.dictionary == nil, arguments.keywords.isEmpty else {
          throw error("a call is malformed", line)
        }
        arguments.positional.append(try expression())
      }
    }
    next()
    return arguments
  }

  /// Filters and tests behind an operand.
  mutating func filterExpression(_ operand: Expression) throws(ChatTemplateError) -> Expression {
    var operand = operand
    while true {
      if current.isSymbol("|") {
        operand = try filters(operand, startsInline: false)
      } else if current.isName("is") {
        operand = try test(operand)
      } else if current.isSymbol("(") {
        let line = current.line
        operand = try made(.call(operand, try arguments()), line)
      } else {
        return operand
      }
    }
  }

  private mutating func dottedName() throws(ChatTemplateError) -> String {
    var name = try expectName()
    while skip(symbol: ".") { name += "." + (try expectName()) }
    return name
  }

  /// One filter or several; nil filters a block.
  mutating func filters(_ operand: Expression?, startsInline: Bool) throws(ChatTemplateError) -> Expression {
    var operand = operand
    var isInline = startsInline
    repeat {
      if !isInline { try expect(symbol: "|") }
      isInline = false
      let line = current.line
      let filter = try dottedName()
      if !Filters.isKnown(filter), !isConditional { unknown.append((filter, line)) }
      let arguments = current.isSymbol("(") ? try arguments() : CallArguments()
      operand = try made(.filter(operand, filter, arguments), line)
    } while current.isSymbol("|")
    guard let operand else { throw error("a filter is needed") }
    return operand
  }

  private mutating func test(_ operand: Expression) throws(ChatTemplateError) -> Expression {
    let line = next().line
    let isNegated = skip(name: "not")
    let test = try dottedName()
    if Tests.all[test] == nil, !isConditional { unknown.append((test, line)) }
    var arguments = CallArguments()
    switch current.kind {
    case .symbol("("): arguments = try self.arguments()
    case .name("else"), .name("or"), .name("and"): break
    case .name("is"): throw error("tests cannot be chained by 'is'")
    case .name, .string, .integer, .number, .symbol("["), .symbol("{"):
      let argument = try nested { (parser) throws(ChatTemplateError) in try parser.postfix(parser.primary()) }
      arguments.positional = [argument]
    default: break
    }
    let result = try made(.test(operand, test, arguments), line)
    return isNegated ? try made(.not(result), line) : result
  }
}
