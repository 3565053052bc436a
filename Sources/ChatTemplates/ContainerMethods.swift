/// Methods of Python's dict.
enum DictionaryMethods {
  static func member(_ name: String, of dictionary: DictionaryValue) -> Value? {
    let depth = dictionary.depth
    func function(_ call: @escaping (Interpreter, Arguments) throws -> Value) -> Value {
      .function(Function(name, depth: depth, call))
    }
    func view(_ items: @escaping (Budget) throws -> [Value]) -> Value {
      function { interpreter, arguments in
        _ = try arguments.bind()
        let budget = interpreter.budget
        return .iterator(ValueIterator(view: try ListValue(items(budget), budget), "dict_" + name))
      }
    }
    switch name {
    case "items": return view { try dictionary.members($0) }
    case "keys": return view { _ in dictionary.keys }
    case "values": return view { _ in dictionary.values }
    case "get":
      return function { _, arguments in
        let values = arguments.positional
        guard (1...2).contains(values.count), arguments.keywords.isEmpty else {
          throw TemplateFault("get takes one or two arguments")
        }
        return try dictionary.value(values[0]) ?? (values.count > 1 ? values[1] : .none)
      }
    case "copy": return function { _, _ in .dictionary(dictionary) }
    case "clear", "pop", "popitem", "setdefault", "update": return .undefined(.forbidden(name, "dict"))
    default: return nil
    }
  }
}

/// Methods of Python's list and tuple.
enum ListMethods {
  static func member(_ name: String, of list: ListValue) -> Value? {
    func function(_ call: @escaping (Budget, Value) throws -> Value) -> Value {
      .function(
        Function(name, depth: list.depth) { interpreter, arguments in
          guard arguments.positional.count == 1, arguments.keywords.isEmpty else {
            throw TemplateFault("\(name) takes one argument")
          }
          return try call(interpreter.budget, arguments.positional[0])
        })
    }
    switch name {
    case "count":
      return function { budget, item in .integer(try list.items.count { try $0.equals(item, budget) }) }
    case "index":
      return function { budget, item in
        guard let index = try list.items.firstIndex(where: { try $0.equals(item, budget) }) else {
          throw TemplateFault("the value is not in the list")
        }
        return .integer(index)
      }
    case "copy" where !list.isTuple:
      return .function(Function(name, depth: list.depth) { _, _ in .list(list) })
    case "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove":
      return list.isTuple ? nil : .undefined(.forbidden(name, "list"))
    default: return nil
    }
  }
}

extension Undefined {
  /// A method that would change what the sandbox keeps as it is.
  fileprivate static func forbidden(_ name: String, _ type: String) -> Undefined {
    .reason("access to attribute '\(name)' of '\(type)' object is unsafe")
  }
}
