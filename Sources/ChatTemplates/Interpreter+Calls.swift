extension Interpreter {
  func arguments(_ given: CallArguments) throws -> Arguments {
    var arguments = Arguments()
    for expression in given.positional { arguments.positional.append(try evaluate(expression)) }
    for (name, expression) in given.keywords {
      guard arguments.keyword(name) == nil else {
        throw TemplateFault("the argument '\(name)' is given twice")
      }
      arguments.keywords.append((name, try evaluate(expression)))
    }
    if let list = given.list { arguments.positional += try evaluate(list).elements(budget) }
    if let further = given.dictionary {
      guard case .dictionary(let dictionary) = try evaluate(further) else {
        throw TemplateFault("the argument behind ** must be a mapping")
      }
      for (key, value) in zip(dictionary.keys, dictionary.values) {
        guard let name = key.text?.string else { throw TemplateFault("keywords must be strings") }
        guard arguments.keyword(name) == nil else {
          throw TemplateFault("the argument '\(name)' is given twice")
        }
        arguments.keywords.append((name, value))
      }
    }
    return arguments
  }

  func call(_ callee: Expression, _ given: CallArguments, _ further: Arguments = Arguments()) throws -> Value
  {
    let value = try evaluate(callee)
    var arguments = try arguments(given)
    arguments.keywords += further.keywords
    return try call(value, arguments)
  }

  func call(_ value: Value, _ arguments: Arguments) throws -> Value {
    switch value {
    case .function(let function): return try function.call(self, arguments)
    case .loop(let loop): return try recurse(loop, arguments)
    case .undefined(let undefined): throw undefined.fault
    default: throw TemplateFault("'\(value.typeName)' object is not callable")
    }
  }

  /// A macro as what can be called.
  func function(_ macro: MacroDefinition) -> Function {
    let kept = kept(scope)
    return Function(macro.name) { interpreter, arguments in
      guard let scope = kept.scope else { return .none }
      return try interpreter.call(macro, in: scope, arguments)
    }
  }

  private func call(_ macro: MacroDefinition, in outer: Scope, _ arguments: Arguments) throws -> Value {
    let inner = Scope(in: outer)
    var keywords = arguments.keywords
    func take(_ name: String) -> Value? {
      guard let index = keywords.firstIndex(where: { $0.name == name }) else { return nil }
      return keywords.remove(at: index).value
    }
    var missing: [(String, Expression?)] = []
    for (index, parameter) in macro.parameters.enumerated() {
      if index < arguments.positional.count {
        inner.set(parameter.name, arguments.positional[index])
      } else if let value = take(parameter.name) {
        inner.set(parameter.name, value)
      } else {
        missing.append(parameter)
        inner.set(parameter.name, .undefined(.reason("parameter '\(parameter.name)' was not provided")))
      }
    }
    if macro.usesCaller, !macro.parameters.contains(where: { $0.name == "caller" }) {
      inner.set("caller", take("caller") ?? .undefined(.reason("No caller defined")))
    }
    if macro.usesKeywords {
      let members = keywords.map { (Value.text($0.name), $0.value) }
      inner.set("kwargs", .dictionary(try DictionaryValue(members, budget)))
    } else if let (name, _) = keywords.first {
      throw TemplateFault("macro '\(macro.name)' takes no keyword argument '\(name)'")
    }
    let further = Array(arguments.positional.dropFirst(macro.parameters.count))
    if macro.usesFurther {
      inner.set("varargs", .list(try ListValue(further, isTuple: true, budget)))
    } else if !further.isEmpty {
      throw TemplateFault("macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)")
    }
    return .text(
      try captured {
        try inScope(inner) {
          for (name, value) in missing {
            if let value { inner.set(name, try evaluate(value)) }
          }
          return try run(macro.body)
        }
      }.text)
  }

  /// A call block: the macro that is called may call the block's body.
  func run(_ call: Expression, _ caller: MacroDefinition) throws {
    guard case .call(let callee, let given) = call.form else { return }
    let further = Arguments(keywords: [("caller", .function(function(caller)))])
    try write(self.call(callee, given, further).written(budget))
  }
}
