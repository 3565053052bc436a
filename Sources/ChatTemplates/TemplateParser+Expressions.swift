extension TemplateParser {
  mutating func expression(withCondition: Bool = true) throws(ChatTemplateError) -> Expression {
    try nested { (parser) throws(ChatTemplateError) in
      withCondition ? try parser.conditionalExpression() : try parser.or()
    }
  }

  private mutating func conditionalExpression() throws(ChatTemplateError) -> Expression {
    let line = current.line
    let unknownBefore = unknown.count
    var value = try or()
    while skip(name: "if") {
      let test = try or()
      let otherwise =
        skip(name: "else")
        ? try nested { (parser) throws(ChatTemplateError) in try parser.conditionalExpression() } : nil
      unknown.removeLast(unknown.count - unknownBefore)
      value = try made(.conditional(test, then: value, otherwise: otherwise), line)
    }
    return value
  }

  private mutating func or() throws(ChatTemplateError) -> Expression {
    let line = current.line
    var left = try and()
    while skip(name: "or") { left = try made(.or(left, try and()), line) }
    return left
  }

  private mutating func and() throws(ChatTemplateError) -> Expression {
    let line = current.line
    var left = try not()
    while skip(name: "and") { left = try made(.and(left, try not()), line) }
    return left
  }

  private mutating func not() throws(ChatTemplateError) -> Expression {
    let line = current.line
    guard skip(name: "not") else { return try comparison() }
    let operand = try nested { (parser) throws(ChatTemplateError) in try parser.not() }
    return try made(.not(operand), line)
  }

  private mutating func comparison() throws(ChatTemplateError) -> Expression {
    let line = current.line
    let first = try sum()
    var others: [(Expression.Comparison, Expression)] = []
    while true {
      if case .symbol(let symbol) = current.kind, let comparison = Expression.Comparison(rawValue: symbol) {
        next()
        others.append((comparison, try sum()))
      } else if skip(name: "in") {
        others.append((.isIn, try sum()))
      } else if current.isName("not"), following.isName("in") {
        next()
        next()
        others.append((.isNotIn, try sum()))
      } else {
        return others.isEmpty ? first : try made(.comparison(first, others), line)
      }
    }
  }

  private mutating func sum() throws(ChatTemplateError) -> Expression {
    let line = current.line
    var left = try concatenation()
    while let symbol = binaryOperator(among: ["+", "-"]) {
      left = try made(.binary(symbol, left, try concatenation()), line)
    }
    return left
  }

  private mutating func concatenation() throws(ChatTemplateError) -> Expression {
    let line = current.line
    var parts = [try product()]
    while skip(symbol: "~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try made(.concatenation(parts), line)
  }

  private mutating func product() throws(ChatTemplateError) -> Expression {
    let line = current.line
    var left = try power()
    while let symbol = binaryOperator(among: ["*", "/", "//", "%"]) {
      left = try made(.binary(symbol, left, try power()), line)
    }
    return left
  }

  private mutating func power() throws(ChatTemplateError) -> Expression {
    let line = current.line
    var left = try unary()
    while let symbol = binaryOperator(among: ["**"]) {
      left = try made(.binary(symbol, left, try unary()), line)
    }
    return left
  }

  private mutating func binaryOperator(among symbols: [String]) -> Expression.BinaryOperator? {
    guard case .symbol(let symbol) = current.kind, symbols.contains(symbol) else { return nil }
    next()
    return Expression.BinaryOperator(rawValue: symbol)
  }

  private mutating func unary(withFilter: Bool = true) throws(ChatTemplateError) -> Expression {
    let line = current.line
    var operand: Expression
    if current.isSymbol("-") || current.isSymbol("+") {
      let isNegative = next().isSymbol("-")
      let inner = try nested { (parser) throws(ChatTemplateError) in try parser.unary(withFilter: false) }
      operand = try made(isNegative ? .negative(inner) : .positive(inner), line)
    } else {
      operand = try primary()
    }
    operand = try postfix(operand)
    return withFilter ? try filterExpression(operand) : operand
  }

  mutating func primary() throws(ChatTemplateError) -> Expression {
    let token = current
    switch token.kind {
    case .name(let name):
      next()
      switch name {
      case "true", "True": return try made(.constant(.bool(true)), token.line)
      case "false", "False": return try made(.constant(.bool(false)), token.line)
      case "none", "None": return try made(.constant(.none), token.line)
      default:
        readNames.insert(name)
        return try made(.name(name), token.line)
      }
    case .string(var text):
      next()
      while case .string(let more) = current.kind {
        text += more
        next()
      }
      return try made(.constant(.text(TemplateText(text))), token.line)
    case .integer(let value):
      next()
      return try made(.constant(.integer(value)), token.line)
    case .number(let value):
      next()
      return try made(.constant(.number(value)), token.line)
    case .symbol("("):
      next()
      let inner = try tuple(mayBeEmpty: true)
      try expect(symbol: ")")
      return inner
    case .symbol("["): return try list()
    case .symbol("{"): return try dictionary()
    default: throw error("an expression is needed, not \(token.described)")
    }
  }

  /// An expression, or several with commas between them.
  mutating func tuple(
    withCondition: Bool = true, mayBeEmpty: Bool = false, endName: String? = nil
  ) throws(ChatTemplateError) -> Expression {
    let line = current.line
    var items: [Expression] = []
    var isTuple = false
    while true {
      if !items.isEmpty { try expect(symbol: ",") }
      if current.kind == .variableEnd || current.kind == .blockEnd || current.isSymbol(")")
        || endName.map(current.isName) == true
      {
        break
      }
      items.append(try expression(withCondition: withCondition))
      guard current.isSymbol(",") else { break }
      isTuple = true
    }
    if !isTuple, let first = items.first { return first }
    guard isTuple || mayBeEmpty else { throw error("an expression is needed, not \(current.described)") }
    return try made(.list(items, isTuple: true), line)
  }

  private mutating func list() throws(ChatTemplateError) -> Expression {
    let line = next().line
    var items: [Expression] = []
    while !current.isSymbol("]") {
      if !items.isEmpty { try expect(symbol: ",") }
      if current.isSymbol("]") { break }
      items.append(try expression())
    }
    next()
    return try made(.list(items, isTuple: false), line)
  }

  private mutating func dictionary() throws(ChatTemplateError) -> Expression {
    let line = next().line
    var members: [(Expression, Expression)] = []
    while !current.isSymbol("}") {
      if !members.isEmpty { try expect(symbol: ",") }
      if current.isSymbol("}") { break }
      let key = try expression()
      try expect(symbol: ":")
      members.append((key, try expression()))
    }
    next()
    return try made(.dictionary(members), line)
  }
}
