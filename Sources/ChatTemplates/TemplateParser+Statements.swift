extension TemplateParser {
  /// The statement of a tag whose opening has been read, without its closing.
  mutating func statement() throws(ChatTemplateError) -> [Statement] {
    let line = current.line
    let tag = try expectName()
    func made(_ form: Statement.Form) -> [Statement] { [Statement(form: form, line: line)] }
    switch tag {
    case "for": return made(.loop(try loop()))
    case "if": return made(try conditional())
    case "set": return made(try assignment())
    case "macro": return made(.macro(try macro()))
    case "call": return made(try callBlock(line))
    case "filter":
      let filter = try filters(nil, startsInline: true)
      return made(.filterBlock(filter, try body(until: ["endfilter"], isConditional: false).body))
    case "with": return made(try with())
    case "generation":
      return made(
        .scope(
          try inOwnFunction { (parser) throws(ChatTemplateError) in
            try parser.body(until: ["endgeneration"], isConditional: false).body
          }))
    case "block": return made(.scope(try block()))
    case "print":
      var outputs: [Statement] = []
      while current.kind != .blockEnd {
        if !outputs.isEmpty { try expect(symbol: ",") }
        outputs.append(Statement(form: .output(try expression()), line: line))
      }
      return outputs
    case "break", "continue":
      guard openLoops > 0 else { throw error("'\(tag)' outside a loop", line) }
      return made(tag == "break" ? .breakLoop : .continueLoop)
    case "include", "import", "from", "extends", "autoescape":
      throw ChatTemplateError(
        kind: .unsupported, name: name, line: line,
        message: TemplateFault.unsupported("the tag '\(tag)'").message)
    default: throw error("unknown tag '\(tag)'", line)
    }
  }

  private mutating func loop() throws(ChatTemplateError) -> Statement.Loop {
    let target = try target(endsAtIn: true)
    guard skip(name: "in") else { throw error("'in' is needed, not \(current.described)") }
    let values = try tuple(withCondition: false, endName: "recursive")
    let test = skip(name: "if") ? try expression() : nil
    let isRecursive = skip(name: "recursive")
    openLoops += 1
    var (body, end) = try body(until: ["endfor", "else"], isConditional: false)
    openLoops -= 1
    var otherwise: [Statement] = []
    if end == "else" { (otherwise, end) = try self.body(until: ["endfor"], isConditional: false) }
    return Statement.Loop(
      target: target, values: values, test: test, isRecursive: isRecursive, body: body, otherwise: otherwise)
  }

  private mutating func conditional() throws(ChatTemplateError) -> Statement.Form {
    var branches: [(test: Expression, body: [Statement])] = []
    let before = isConditional
    isConditional = true
    defer { isConditional = before }
    while true {
      let test = try tuple(withCondition: false)
      let (body, end) = try body(until: ["elif", "else", "endif"])
      branches.append((test, body))
      if end == "elif" { continue }
      let otherwise = end == "else" ? try self.body(until: ["endif"]).body : []
      return .conditional(branches, otherwise: otherwise)
    }
  }

  private mutating func assignment() throws(ChatTemplateError) -> Statement.Form {
    let target = try target(withNamespace: true)
    if skip(symbol: "=") { return .assign(target, try tuple()) }
    let filter = current.isSymbol("|") ? try filters(nil, startsInline: false) : nil
    return .assignBlock(target, try body(until: ["endset"], isConditional: false).body, filter: filter)
  }

  private mutating func with() throws(ChatTemplateError) -> Statement.Form {
    var values: [(Target, Expression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(symbol: ",") }
      let target = try target()
      try expect(symbol: "=")
      values.append((target, try expression()))
    }
    return .with(values, try body(until: ["endwith"], isConditional: false).body)
  }

  private mutating func block() throws(ChatTemplateError) -> [Statement] {
    let name = try expectName()
    _ = skip(name: "scoped")
    if skip(name: "required") { throw error("'required' blocks are not supported in chat templates") }
    let body = try inOwnFunction { (parser) throws(ChatTemplateError) in
      try parser.body(until: ["endblock"], isConditional: false).body
    }
    _ = skip(name: name)
    return body
  }

  /// Reads what is a function of its own in Jinja, from which no loop around it can be left.
  private mutating func inOwnFunction<Result>(
    _ read: (inout TemplateParser) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    let loops = openLoops
    openLoops = 0
    defer { openLoops = loops }
    return try read(&self)
  }

  private mutating func parameters() throws(ChatTemplateError) -> [(name: String, value: Expression?)] {
    var parameters: [(name: String, value: Expression?)] = []
    try expect(symbol: "(")
    while !current.isSymbol(")") {
      if !parameters.isEmpty { try expect(symbol: ",") }
      let name = try assignable(try expectName())
      if skip(symbol: "=") {
        parameters.append((name, try expression()))
      } else if parameters.last?.value != nil {
        throw error("a parameter without a default follows one with a default")
      } else {
        parameters.append((name, nil))
      }
    }
    try expect(symbol: ")")
    return parameters
  }

  /// The body of a macro or call block.
  private mutating func definition(
    _ name: String, _ parameters: [(name: String, value: Expression?)], end: String
  ) throws(ChatTemplateError) -> MacroDefinition {
    let outerNames = readNames
    readNames = []
    let body = try inOwnFunction { (parser) throws(ChatTemplateError) in
      try parser.body(until: [end], isConditional: false).body
    }
    let names = Set(parameters.map(\.name))
    func uses(_ name: String) -> Bool { readNames.contains(name) && !names.contains(name) }
    let definition = MacroDefinition(
      name: name, parameters: parameters, body: body, usesCaller: readNames.contains("caller"),
      usesKeywords: uses("kwargs"), usesFurther: uses("varargs"))
    readNames.formUnion(outerNames)
    return definition
  }

  private mutating func macro() throws(ChatTemplateError) -> MacroDefinition {
    let name = try assignable(try expectName())
    let parameters = try parameters()
    return try definition(name, parameters, end: "endmacro")
  }

  private mutating func callBlock(_ line: Int) throws(ChatTemplateError) -> Statement.Form {
    let parameters = current.isSymbol("(") ? try parameters() : []
    let call = try expression()
    guard case .call = call.form else { throw error("a call is needed", line) }
    return .callBlock(call, try definition("caller", parameters, end: "endcall"))
  }

  private func assignable(_ name: String) throws(ChatTemplateError) -> String {
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw error("'\(name)' cannot be assigned to")
    }
    return name
  }

  /// Names, and tuples of them.
  private mutating func target(
    withNamespace: Bool = false, endsAtIn: Bool = false
  ) throws(ChatTemplateError) -> Target {
    var targets: [Target] = []
    var isTuple = false
    while true {
      if !targets.isEmpty,
        endsAtIn ? current.isName("in") : current.isSymbol("=") || current.kind == .blockEnd
      {
        break
      }
      targets.append(try singleTarget(withNamespace))
      guard skip(symbol: ",") else { break }
      isTuple = true
    }
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func singleTarget(_ withNamespace: Bool) throws(ChatTemplateError) -> Target {
    if skip(symbol: "(") {
      var targets: [Target] = []
      var isTuple = false
      while !current.isSymbol(")") {
        targets.append(try nested { (parser) throws(ChatTemplateError) in try parser.singleTarget(false) })
        guard skip(symbol: ",") else { break }
        isTuple = true
      }
      try expect(symbol: ")")
      return isTuple || targets.count != 1 ? .tuple(targets) : targets[0]
    }
    let name = try assignable(try expectName())
    guard withNamespace, skip(symbol: ".") else { return .name(name) }
    return .attribute(name, TemplateText(try expectName()))
  }
}
