/// A value that a template spells.
enum Constant: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(TemplateText)

  var value: Value {
    switch self {
    case .none: .none
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let text): .text(text)
    }
  }
}

/// An expression of a template.
final class Expression: Sendable {
  enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessEqual = "<="
    case greater = ">"
    case greaterEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
  }

  enum Form: Sendable {
    case constant(Constant)
    case name(String)
    case list([Expression], isTuple: Bool)
    case dictionary([(Expression, Expression)])
    /// `a.b`.
    case attribute(Expression, TemplateText)
    /// `a[b]`.
    case item(Expression, Expression)
    /// `a[b:c:d]`.
    case slice(Expression, Expression?, Expression?, Expression?)
    case call(Expression, CallArguments)
    /// Nil filters what stands in a block.
    case filter(Expression?, String, CallArguments)
    case test(Expression, String, CallArguments)
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    case binary(BinaryOperator, Expression, Expression)
    case concatenation([Expression])
    case comparison(Expression, [(Comparison, Expression)])
    case and(Expression, Expression)
    case or(Expression, Expression)
    case conditional(Expression, then: Expression, otherwise: Expression?)
  }

  let form: Form
  let line: Int
  let depth: Int

  init(_ form: Form, line: Int) {
    self.form = form
    self.line = line
    depth = 1 + form.deepestChild
  }
}

/// What a call is given.
struct CallArguments: Sendable {
  var positional: [Expression] = []
  var keywords: [(name: String, value: Expression)] = []
  /// `*list`.
  var list: Expression?
  /// `**dictionary`.
  var dictionary: Expression?

  var depth: Int {
    max(
      positional.deepest, keywords.map(\.value).deepest, list?.depth ?? 0, dictionary?.depth ?? 0)
  }
}

extension [Expression] {
  fileprivate var deepest: Int { reduce(0) { Swift.max($0, $1.depth) } }
}

extension Expression.Form {
  fileprivate var deepestChild: Int {
    switch self {
    case .constant, .name: 0
    case .list(let items, _), .concatenation(let items): items.deepest
    case .dictionary(let members): members.flatMap { [$0.0, $0.1] }.deepest
    case .attribute(let base, _), .not(let base), .negative(let base), .positive(let base): base.depth
    case .item(let base, let index): max(base.depth, index.depth)
    case .slice(let base, let start, let stop, let step):
      [base, start, stop, step].compactMap(\.self).deepest
    case .call(let callee, let arguments), .test(let callee, _, let arguments):
      max(callee.depth, arguments.depth)
    case .filter(let operand, _, let arguments): max(operand?.depth ?? 0, arguments.depth)
    case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right):
      max(left.depth, right.depth)
    case .comparison(let first, let others): max(first.depth, others.map(\.1).deepest)
    case .conditional(let test, let then, let otherwise): max(test.depth, then.depth, otherwise?.depth ?? 0)
    }
  }
}
