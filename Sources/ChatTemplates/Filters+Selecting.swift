extension Filters {
  static let groupBy: Filter = { value, arguments, interpreter in
    let given = try arguments.bind("attribute", "default", "case_sensitive")
    let budget = interpreter.budget
    let usual = given[1].flatMap { $0.isNone ? nil : $0 }
    let get = try getter(given[0], interpreter, usual: usual)
    let fold = given[2]?.isTrue != true
    let keyed = try value.elements(budget).map { item in
      let key = try get(item)
      return (item: item, key: key, order: try fold ? folded(key, budget) : key)
    }
    var groups: [(key: Value, order: Value, items: [Value])] = []
    for member in try Sorting.sorted(keyed, budget, { try $0.order.order($1.order, "<", budget) ?? 0 }) {
      if let last = groups.last, try last.order.equals(member.order, budget) {
        groups[groups.count - 1].items.append(member.item)
      } else {
        groups.append((member.key, member.order, [member.item]))
      }
    }
    let tuples = try groups.map { group in
      Value.list(
        try ListValue([group.key, .list(ListValue(group.items, budget))], isTuple: true, budget))
    }
    return .list(try ListValue(tuples, budget))
  }

  static let map: Filter = { value, arguments, interpreter in
    let convert: (Value) throws -> Value
    if arguments.positional.isEmpty, let attribute = arguments.keyword("attribute") {
      if let other = arguments.keywords.first(where: { $0.name != "attribute" && $0.name != "default" }) {
        throw TemplateFault("Unexpected keyword argument '\(other.name)'")
      }
      let usual = arguments.keyword("default").flatMap { $0.isNone ? nil : $0 }
      convert = try getter(attribute, interpreter, usual: usual)
    } else {
      guard case .text(let name)? = arguments.positional.first else {
        throw TemplateFault("map requires a filter argument")
      }
      let rest = Arguments(positional: Array(arguments.positional.dropFirst()), keywords: arguments.keywords)
      convert = { [unowned interpreter] in try apply(name.string, $0, rest, interpreter) }
    }
    guard value.isTrue else { return .iterator(try ValueIterator(over: 0) { nil }) }
    let next = try value.iterate(interpreter.budget)
    return .iterator(try ValueIterator(over: value.depth) { try next().map(convert) })
  }

  static func selected(
    _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter, keeps: Bool, byAttribute: Bool
  ) throws -> Value {
    guard value.isTrue else { return .iterator(try ValueIterator(over: 0) { nil }) }
    var rest = arguments.positional[...]
    var get: (Value) throws -> Value = { $0 }
    if byAttribute {
      guard let attribute = rest.popFirst() else {
        throw TemplateFault("Missing parameter for attribute name")
      }
      get = try getter(attribute, interpreter)
    }
    var test: (Value) throws -> Bool = { $0.isTrue }
    if let name = rest.popFirst() {
      guard case .text(let name) = name else { throw TemplateFault("the name of a test is needed") }
      let further = Arguments(positional: Array(rest), keywords: arguments.keywords)
      test = { [unowned interpreter] in try Tests.apply(name.string, $0, further, interpreter) }
    }
    let next = try value.iterate(interpreter.budget)
    return .iterator(
      try ValueIterator(over: value.depth) {
        while let item = try next() {
          if try test(get(item)) == keeps { return item }
        }
        return nil
      })
  }
}

extension Value {
  var isNone: Bool { if case .none = self { true } else { false } }
}
