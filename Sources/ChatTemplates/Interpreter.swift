/// Renders one template once.
final class Interpreter {
  /// How statements end.
  enum Flow {
    case onward, leavesLoop, continuesLoop
  }

  let budget: Budget
  let date: TemplateDate
  /// Of what is being evaluated.
  private(set) var line = 1
  private var depth = 0
  var scope: Scope
  private(set) var output: TextBuilder
  /// What a filter block's filters work on.
  var blockText: TemplateText?
  /// What may hold itself, to be let go of at the end.
  private var namespaces: [Namespace] = []
  private var keptScopes: [KeptScope] = []

  init(_ variables: [(String, Value)], date: TemplateDate, budget: Budget) {
    self.budget = budget
    self.date = date
    scope = Scope(variables)
    output = TextBuilder(budget)
  }

  func render(_ statements: [Statement]) throws -> TemplateText {
    defer {
      for namespace in namespaces { namespace.attributes = namespace.empty }
      for kept in keptScopes { kept.scope = nil }
      scope = Scope()
    }
    _ = try run(statements)
    return output.text()
  }

  func add(_ namespace: Namespace) throws {
    try budget.step(4)
    namespaces.append(namespace)
  }

  func kept(_ scope: Scope) -> KeptScope {
    let kept = KeptScope(scope)
    keptScopes.append(kept)
    return kept
  }

  /// Runs what lies one level deeper.
  func deeper<Result>(_ line: Int, _ body: () throws -> Result) throws -> Result {
    self.line = line
    try budget.step()
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateLimits.depth else { throw TemplateFault.tooDeep }
    return try body()
  }

  func write(_ text: TemplateText) throws { try output.append(text) }

  func run(_ statements: [Statement]) throws -> Flow {
    for statement in statements {
      let flow = try deeper(statement.line) { try run(statement) }
      if flow != .onward { return flow }
    }
    return .onward
  }

  private func run(_ statement: Statement) throws -> Flow {
    switch statement.form {
    case .text(let text): try write(text)
    case .output(let expression): try write(evaluate(expression).written(budget))
    case .conditional(let branches, let otherwise): return try run(branches, otherwise)
    case .loop(let loop): return try run(loop, over: evaluate(loop.values), depth0: 0)
    case .assign(let target, let value): try assign(evaluate(value), to: target)
    case .assignBlock(let target, let body, let filter): return try assignBlock(target, body, filter)
    case .macro(let macro): scope.set(macro.name, .function(function(macro)))
    case .callBlock(let call, let caller): try run(call, caller)
    case .filterBlock(let filter, let body): return try filterBlock(filter, body)
    case .with(let values, let body): return try with(values, body)
    case .scope(let body): return try inScope(Scope(in: scope)) { try run(body) }
    case .breakLoop: return .leavesLoop
    case .continueLoop: return .continuesLoop
    }
    return .onward
  }

  private func run(_ branches: [(test: Expression, body: [Statement])], _ otherwise: [Statement]) throws
    -> Flow
  {
    for (test, body) in branches where try evaluate(test).isTrue { return try run(body) }
    return try run(otherwise)
  }

  func inScope<Result>(_ inner: Scope, _ body: () throws -> Result) rethrows -> Result {
    let outer = scope
    scope = inner
    defer { scope = outer }
    return try body()
  }

  /// What `body` writes.
  func captured(_ body: () throws -> Flow) throws -> (text: TemplateText, flow: Flow) {
    let outer = output
    output = TextBuilder(budget)
    defer { output = outer }
    let flow = try body()
    return (output.text(), flow)
  }

  private func assignBlock(_ target: Target, _ body: [Statement], _ filter: Expression?) throws -> Flow {
    let (text, flow) = try captured { try inScope(Scope(in: scope)) { try run(body) } }
    guard flow == .onward else { return flow }
    try assign(filter.map { try filtered(text, $0) } ?? .text(text), to: target)
    return .onward
  }

  private func filterBlock(_ filter: Expression, _ body: [Statement]) throws -> Flow {
    let (text, flow) = try captured { try inScope(Scope(in: scope)) { try run(body) } }
    guard flow == .onward else { return flow }
    try write(filtered(text, filter).written(budget))
    return .onward
  }

  private func filtered(_ text: TemplateText, _ filter: Expression) throws -> Value {
    let outer = blockText
    blockText = text
    defer { blockText = outer }
    return try evaluate(filter)
  }

  private func with(_ values: [(Target, Expression)], _ body: [Statement]) throws -> Flow {
    let inner = Scope(in: scope)
    for (target, expression) in values {
      let value = try evaluate(expression)
      try inScope(inner) { try assign(value, to: target) }
    }
    return try inScope(inner) { try run(body) }
  }

  func assign(_ value: Value, to target: Target) throws {
    switch target {
    case .name(let name): scope.set(name, value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace)? = scope.value(name) else {
        throw TemplateFault("cannot assign attribute on non-namespace object")
      }
      try namespace.set(.text(attribute), value)
    case .tuple(let targets):
      let values = try value.elements(budget)
      guard values.count == targets.count else {
        throw TemplateFault("a list of \(values.count) cannot be unpacked into \(targets.count)")
      }
      for (value, target) in zip(values, targets) { try assign(value, to: target) }
    }
  }

  /// The date in a format of C's `strftime`.
  func writtenDate(_ format: TemplateText) throws -> TemplateText {
    TemplateText(try date.written(format.string))
  }
}

extension Namespace {
  /// Sets an attribute; names that begin with an underscore are not a template's.
  func set(_ name: Value, _ value: Value) throws {
    if let text = name.text, text.bytes.first == UInt8(ascii: "_") {
      throw TemplateFault("a namespace has no attributes that begin with an underscore")
    }
    try attributes.set(name, value)
  }
}
