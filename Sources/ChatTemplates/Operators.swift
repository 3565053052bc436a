/// Python's operators.
enum Operators {
  static func apply(
    _ symbol: Expression.BinaryOperator, _ left: Value, _ right: Value, _ budget: Budget
  ) throws -> Value {
    if symbol == .modulo, case .text(let format) = left {
      return .text(try PercentFormat(format, right, budget).written())
    }
    if case .undefined(let undefined) = left { throw undefined.fault }
    if case .undefined(let undefined) = right { throw undefined.fault }
    if let left = left.int, let right = right.int { return try integers(symbol, left, right) }
    if let left = left.double, let right = right.double { return .number(try numbers(symbol, left, right)) }
    switch (symbol, left, right) {
    case (.add, .text(let left), .text(let right)):
      let isMarkup = left.isMarkup || right.isMarkup
      var builder = TextBuilder(budget)
      try builder.append(isMarkup ? left.escaped(budget) : left)
      try builder.append(isMarkup ? right.escaped(budget) : right)
      return .text(isMarkup ? builder.text().markup : builder.text())
    case (.add, .list(let left), .list(let right)) where left.isTuple == right.isTuple:
      try budget.require((left.items.count + right.items.count) * MemoryLayout<Value>.stride)
      return .list(try ListValue(left.items + right.items, isTuple: left.isTuple, budget))
    case (.multiply, .text(let text), _):
      if let count = right.int { return .text(try repeated(text, count, budget)) }
    case (.multiply, _, .text(let text)):
      if let count = left.int { return .text(try repeated(text, count, budget)) }
    case (.multiply, .list(let list), _):
      if let count = right.int { return .list(try repeated(list, count, budget)) }
    case (.multiply, _, .list(let list)):
      if let count = left.int { return .list(try repeated(list, count, budget)) }
    default: break
    }
    throw TemplateFault(
      "unsupported operand type(s) for \(symbol.rawValue): '\(left.typeName)' and '\(right.typeName)'")
  }

  private static func repeated(_ text: TemplateText, _ count: Int, _ budget: Budget) throws -> TemplateText {
    guard count > 0, !text.isEmpty else { return .empty }
    let size = text.bytes.count.multipliedReportingOverflow(by: count)
    // The whole is asked for before any of it is made.
    try budget.require(size.overflow ? Int.max / 2 : size.partialValue)
    var builder = TextBuilder(budget)
    try builder.append(text, times: count)
    return builder.text()
  }

  private static func repeated(_ list: ListValue, _ count: Int, _ budget: Budget) throws -> ListValue {
    let size = list.items.count.multipliedReportingOverflow(by: max(0, count))
    let bytes = size.partialValue.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
    try budget.require(size.overflow || bytes.overflow ? Int.max / 2 : bytes.partialValue)
    try budget.step(size.partialValue)
    return try ListValue(
      (0..<max(0, count)).flatMap { _ in list.items }, isTuple: list.isTuple, budget)
  }

  private static func integers(_ symbol: Expression.BinaryOperator, _ left: Int, _ right: Int) throws -> Value
  {
    let result: (partialValue: Int, overflow: Bool)
    switch symbol {
    case .add: result = left.addingReportingOverflow(right)
    case .subtract: result = left.subtractingReportingOverflow(right)
    case .multiply: result = left.multipliedReportingOverflow(by: right)
    case .divide: return .number(try numbers(.divide, Double(left), Double(right)))
    case .floorDivide, .modulo:
      guard right != 0 else { throw TemplateFault("integer division or modulo by zero") }
      let quotient = left.dividedReportingOverflow(by: right)
      let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
      // Python rounds downwards, so a remainder has the divisor's sign.
      let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
      if symbol == .modulo { return .integer(isBelow ? remainder + right : remainder) }
      result = (quotient.partialValue - (isBelow ? 1 : 0), quotient.overflow)
    case .power:
      guard right >= 0 else {
        guard left != 0 else { throw TemplateFault("0.0 cannot be raised to a negative power") }
        return .number(try power(Double(left), Double(right)))
      }
      return .integer(try power(left, right))
    }
    guard !result.overflow else { throw tooLarge }
    return .integer(result.partialValue)
  }

  private static let tooLarge = TemplateFault(.limit, "an integer needs more than 64 bits")

  private static func power(_ base: Int, _ exponent: Int) throws -> Int {
    var (result, square, left) = (1, base, exponent)
    while left > 0 {
      if left & 1 == 1 {
        let product = result.multipliedReportingOverflow(by: square)
        guard !product.overflow else { throw tooLarge }
        result = product.partialValue
      }
      left >>= 1
      if left > 0 {
        let product = square.multipliedReportingOverflow(by: square)
        guard !product.overflow else { throw tooLarge }
        square = product.partialValue
      }
    }
    return result
  }

  private static func numbers(_ symbol: Expression.BinaryOperator, _ left: Double, _ right: Double) throws
    -> Double
  {
    switch symbol {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide:
      guard right != 0 else { throw TemplateFault("division by zero") }
      return left / right
    case .floorDivide:
      guard right != 0 else { throw TemplateFault("float floor division by zero") }
      return (left / right).rounded(.down)
    case .modulo:
      guard right != 0 else { throw TemplateFault("float modulo by zero") }
      let remainder = left.truncatingRemainder(dividingBy: right)
      return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
    case .power: return try power(left, right)
    }
  }

  private static func power(_ base: Double, _ exponent: Double) throws -> Double {
    let result = PythonNumber.power(base, exponent)
    guard result.isFinite || !base.isFinite || !exponent.isFinite else {
      throw TemplateFault("the power is too large, or no real number")
    }
    return result
  }

  static func negative(_ value: Value) throws -> Value {
    if case .undefined(let undefined) = value { throw undefined.fault }
    if let number = value.int {
      let result = (0).subtractingReportingOverflow(number)
      guard !result.overflow else { throw tooLarge }
      return .integer(result.partialValue)
    }
    guard case .number(let number) = value else {
      throw TemplateFault("bad operand type for unary -: '\(value.typeName)'")
    }
    return .number(-number)
  }

  static func positive(_ value: Value) throws -> Value {
    if case .undefined(let undefined) = value { throw undefined.fault }
    if let number = value.int { return .integer(number) }
    guard case .number = value else {
      throw TemplateFault("bad operand type for unary +: '\(value.typeName)'")
    }
    return value
  }

  static func holds(
    _ comparison: Expression.Comparison, _ left: Value, _ right: Value, _ budget: Budget
  ) throws -> Bool {
    switch comparison {
    case .equal: return try left.equals(right, budget)
    case .notEqual: return try !left.equals(right, budget)
    case .isIn: return try right.contains(left, budget)
    case .isNotIn: return try !right.contains(left, budget)
    case .less, .lessEqual, .greater, .greaterEqual:
      guard let order = try left.order(right, comparison.rawValue, budget) else { return false }
      return switch comparison {
      case .less: order < 0
      case .lessEqual: order <= 0
      case .greater: order > 0
      default: order >= 0
      }
    }
  }
}
