/// Reads tokens as Jinja's parser does.
struct TemplateParser {
  let name: String
  private let tokens: [TemplateToken]
  private var position = 0
  /// How deeply what is being read lies.
  private var nesting = 0
  /// How many loops of the same function are open.
  var openLoops = 0
  /// Filters and tests that are not known, with the lines at which Jinja refuses them.
  var unknown: [(name: String, line: Int)] = []
  /// Within conditions, unknown filters are only refused where they are used.
  var isConditional = false
  /// Names of a macro's own that its body reads.
  var readNames: Set<String> = []

  init(_ source: String, name: String) throws(ChatTemplateError) {
    self.name = name
    tokens = try TemplateLexer.tokens(source, name: name)
  }

  mutating func template() throws(ChatTemplateError) -> [Statement] {
    let body = try statements(until: [])
    if let (unknown, line) = unknown.first {
      throw ChatTemplateError(
        kind: .syntax, name: name, line: line, message: "there is no filter or test '\(unknown)'")
    }
    return body
  }

  var current: TemplateToken { tokens[min(position, tokens.count - 1)] }
  var following: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

  @discardableResult mutating func next() -> TemplateToken {
    defer { position += 1 }
    return current
  }

  func error(_ message: String, _ line: Int? = nil) -> ChatTemplateError {
    ChatTemplateError(kind: .syntax, name: name, line: line ?? current.line, message: message)
  }

  mutating func skip(symbol: String) -> Bool {
    guard current.isSymbol(symbol) else { return false }
    next()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard current.isName(name) else { return false }
    next()
    return true
  }

  mutating func expect(symbol: String) throws(ChatTemplateError) {
    guard skip(symbol: symbol) else { throw error("'\(symbol)' is needed, not \(current.described)") }
  }

  mutating func expect(_ kind: TemplateToken.Kind) throws(ChatTemplateError) {
    guard current.kind == kind else {
      throw error("\(TemplateToken(kind: kind, line: 0).described) is needed, not \(current.described)")
    }
    next()
  }

  mutating func expectName() throws(ChatTemplateError) -> String {
    guard case .name(let name) = current.kind else {
      throw error("a name is needed, not \(current.described)")
    }
    next()
    return name
  }

  /// Runs what reads a nested part.
  mutating func nested<Result>(
    _ read: (inout TemplateParser) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.mostNesting else {
      throw ChatTemplateError(
        kind: .limit, name: name, line: current.line, message: TemplateFault.tooDeep.message)
    }
    return try read(&self)
  }

  /// Parentheses, lists and statements within each other; one takes some fifteen calls.
  private static let mostNesting = 48

  /// An expression, unless it is deeper than may be evaluated.
  func made(_ form: Expression.Form, _ line: Int) throws(ChatTemplateError) -> Expression {
    let expression = Expression(form, line: line)
    guard expression.depth <= TemplateLimits.expressionDepth else {
      throw ChatTemplateError(kind: .limit, name: name, line: line, message: TemplateFault.tooDeep.message)
    }
    return expression
  }

  /// Statements up to a tag of one of the given names, which is left to be read.
  mutating func statements(until ends: Set<String>) throws(ChatTemplateError) -> [Statement] {
    var body: [Statement] = []
    while true {
      let token = current
      switch token.kind {
      case .data(let text):
        next()
        body.append(Statement(form: .text(TemplateText(text)), line: token.line))
      case .variableBegin:
        next()
        body.append(Statement(form: .output(try tuple()), line: token.line))
        try expect(.variableEnd)
      case .blockBegin:
        next()
        if case .name(let name) = current.kind, ends.contains(name) { return body }
        body += try nested { (parser) throws(ChatTemplateError) in try parser.statement() }
        try expect(.blockEnd)
      case .end:
        guard ends.isEmpty else {
          throw error("a tag is missing: \(ends.sorted().joined(separator: " or "))")
        }
        return body
      default: throw error("unexpected \(token.described)")
      }
    }
  }

  /// A tag's body, up to and including the name of the tag that ends it.
  mutating func body(until ends: Set<String>) throws(ChatTemplateError) -> (body: [Statement], end: String) {
    _ = skip(symbol: ":")
    try expect(.blockEnd)
    let body = try statements(until: ends)
    return (body, try expectName())
  }

  /// A body whose unknown filters are refused at once or not, as Jinja has it.
  mutating func body(
    until ends: Set<String>, isConditional: Bool
  ) throws(ChatTemplateError) -> (body: [Statement], end: String) {
    let before = self.isConditional
    self.isConditional = isConditional
    defer { self.isConditional = before }
    return try body(until: ends)
  }
}
