extension Interpreter {
  func evaluate(_ expression: Expression) throws -> Value {
    try deeper(expression.line) {
      switch expression.form {
      case .constant(let constant): constant.value
      case .name(let name): scope.value(name) ?? Globals.value(name) ?? .undefined(named: name)
      case .list(let items, let isTuple):
        .list(try ListValue(items.map { try evaluate($0) }, isTuple: isTuple, budget))
      case .dictionary(let members): try dictionary(members)
      case .attribute(let base, let name): try attribute(name, of: evaluate(base))
      case .item(let base, let index): try item(evaluate(index), of: evaluate(base))
      case .slice(let base, let start, let stop, let step): try slice(base, [start, stop, step])
      case .call(let callee, let given): try call(callee, given)
      case .filter(let operand, let name, let given): try filter(operand, name, given)
      case .test(let operand, let name, let given): try test(operand, name, given)
      case .not(let operand): .bool(!(try evaluate(operand).isTrue))
      case .negative(let operand): try Operators.negative(evaluate(operand))
      case .positive(let operand): try Operators.positive(evaluate(operand))
      case .binary(let symbol, let left, let right):
        try Operators.apply(symbol, evaluate(left), evaluate(right), budget)
      case .concatenation(let parts): try concatenation(parts)
      case .comparison(let first, let others): try comparison(first, others)
      case .and(let left, let right): try and(left, right)
      case .or(let left, let right): try or(left, right)
      case .conditional(let test, let then, let otherwise): try conditional(test, then, otherwise)
      }
    }
  }

  private func dictionary(_ members: [(Expression, Expression)]) throws -> Value {
    .dictionary(try DictionaryValue(members.map { (try evaluate($0), try evaluate($1)) }, budget))
  }

  private func and(_ left: Expression, _ right: Expression) throws -> Value {
    let value = try evaluate(left)
    return value.isTrue ? try evaluate(right) : value
  }

  private func or(_ left: Expression, _ right: Expression) throws -> Value {
    let value = try evaluate(left)
    return value.isTrue ? value : try evaluate(right)
  }

  private func conditional(_ test: Expression, _ then: Expression, _ otherwise: Expression?) throws -> Value {
    if try evaluate(test).isTrue { return try evaluate(then) }
    return try otherwise.map { try evaluate($0) }
      ?? .undefined(.reason("the inline if-expression evaluated to false and no else section was defined"))
  }

  private func concatenation(_ parts: [Expression]) throws -> Value {
    var builder = TextBuilder(budget)
    for part in parts { try builder.append(evaluate(part).written(budget)) }
    return .text(builder.text())
  }

  private func comparison(_ first: Expression, _ others: [(Expression.Comparison, Expression)]) throws
    -> Value
  {
    var left = try evaluate(first)
    for (comparison, expression) in others {
      let right = try evaluate(expression)
      guard try Operators.holds(comparison, left, right, budget) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  private func filter(_ operand: Expression?, _ name: String, _ given: CallArguments) throws -> Value {
    let value = try operand.map { try evaluate($0) } ?? .text(blockText ?? .empty)
    return try Filters.apply(name, value, arguments(given), self)
  }

  private func test(_ operand: Expression, _ name: String, _ given: CallArguments) throws -> Value {
    let value = try evaluate(operand)
    return .bool(try Tests.apply(name, value, arguments(given), self))
  }

  private func slice(_ base: Expression, _ bounds: [Expression?]) throws -> Value {
    let value = try evaluate(base)
    let bounds = try bounds.map { try $0.map { try evaluate($0) } }
    if case .undefined(let undefined) = value { throw undefined.fault }
    let numbers = try bounds.map { bound -> Int? in
      switch bound {
      case nil, Value.none?: return nil
      case let bound?:
        guard let number = bound.int else {
          throw TemplateFault("slice indices must be integers or None")
        }
        return number
      }
    }
    switch value {
    case .text(let text):
      let places = try PythonSlice(numbers).places(text.count)
      if let range = places.range {
        return .text(
          try text.slice(
            text.offset(ofCharacter: range.lowerBound)..<text.offset(ofCharacter: range.upperBound), budget))
      }
      try budget.step(text.bytes.count / 4)
      let characters = text.scalars.map { $0.offset..<$0.offset + UTF8.width($0.scalar) }
      var builder = TextBuilder(budget)
      for place in places { try builder.append(text, characters[place]) }
      return .text(builder.text())
    case .list(let list):
      let items = try PythonSlice(numbers).places(list.items.count).map { list.items[$0] }
      return .list(try ListValue(items, isTuple: list.isTuple, budget))
    case .range(let range):
      let places = try PythonSlice(numbers).places(range.count)
      return .list(try ListValue(places.map { range[$0] }, budget))
    default: return .undefined(.element(of: value.typeName, "slice"))
    }
  }
}

/// `start:stop:step`.
struct PythonSlice {
  let start: Int?
  let stop: Int?
  let step: Int

  init(_ bounds: [Int?]) throws {
    start = bounds[0]
    stop = bounds[1]
    step = bounds[2] ?? 1
    guard step != 0 else { throw TemplateFault("slice step cannot be zero") }
  }

  /// Which elements of so many it has.
  func places(_ count: Int) -> SlicePlaces {
    func clamped(_ bound: Int?, _ usual: Int) -> Int {
      guard let bound else { return usual }
      let lowest = step > 0 ? 0 : -1
      let place = bound < 0 ? (bound < -count ? lowest : bound + count) : bound
      return max(lowest, min(place, step > 0 ? count : count - 1))
    }
    let first = clamped(start, step > 0 ? 0 : count - 1)
    let end = clamped(stop, step > 0 ? count : -1)
    return SlicePlaces(first: first, end: end, step: step)
  }
}

/// The places of a slice, one after the other.
struct SlicePlaces: Sequence, IteratorProtocol {
  private var first: Int
  private let end: Int
  private let step: Int

  init(first: Int, end: Int, step: Int) {
    self.first = first
    self.end = end
    self.step = step
  }

  /// If they follow each other.
  var range: Range<Int>? { step == 1 ? first..<Swift.max(first, end) : nil }

  mutating func next() -> Int? {
    guard step > 0 ? first < end : first > end else { return nil }
    defer { first = first.addingReportingOverflow(step).overflow ? end : first + step }
    return first
  }
}
