/// What every template may call.
enum Globals {
  static func value(_ name: String) -> Value? {
    functions[name].map { function in .function(Function(name, function)) }
      ?? (name == "dict" ? .function(Function(name, makeDictionary)) : nil)
  }

  private static let functions: [String: @Sendable (Interpreter, Arguments) throws -> Value] = [
    "range": range, "namespace": namespace, "cycler": cycler, "joiner": joiner, "raise_exception": raise,
    "strftime_now": { interpreter, arguments in
      .text(try interpreter.writtenDate(arguments.bind("format").text(0, "strftime_now")))
    },
    "lipsum": { _, _ in throw TemplateFault.unsupported("the function 'lipsum'") },
  ]

  @Sendable private static func range(_ interpreter: Interpreter, _ arguments: Arguments) throws -> Value {
    let numbers = try arguments.positional.map { value -> Int in
      if case .undefined(let undefined) = value { throw undefined.fault }
      guard let number = value.int else {
        throw TemplateFault("'\(value.typeName)' object cannot be interpreted as an integer")
      }
      return number
    }
    guard (1...3).contains(numbers.count), arguments.keywords.isEmpty else {
      throw TemplateFault("range takes one to three numbers")
    }
    let isOne = numbers.count == 1
    return .range(
      try RangeValue(
        start: isOne ? 0 : numbers[0], stop: isOne ? numbers[0] : numbers[1],
        step: numbers.count == 3 ? numbers[2] : 1))
  }

  /// Python's `dict(…)`.
  @Sendable private static func makeDictionary(_ interpreter: Interpreter, _ arguments: Arguments) throws
    -> Value
  {
    .dictionary(try dictionary(interpreter, arguments))
  }

  private static func dictionary(_ interpreter: Interpreter, _ arguments: Arguments) throws -> DictionaryValue
  {
    let budget = interpreter.budget
    guard arguments.positional.count <= 1 else { throw TemplateFault("dict takes at most one argument") }
    let made = try DictionaryValue([], budget)
    switch arguments.positional.first {
    case .dictionary(let other)?:
      for (key, value) in zip(other.keys, other.values) { try made.set(key, value) }
    case let pairs?:
      for pair in try pairs.elements(budget) {
        let parts = try pair.elements(budget)
        guard parts.count == 2 else { throw TemplateFault("a dictionary is made of pairs") }
        try made.set(parts[0], parts[1])
      }
    case nil: break
    }
    for (name, value) in arguments.keywords { try made.set(.text(name), value) }
    return made
  }

  @Sendable private static func namespace(_ interpreter: Interpreter, _ arguments: Arguments) throws -> Value
  {
    let namespace = try Namespace(DictionaryValue([], interpreter.budget), interpreter.budget)
    let attributes = try dictionary(interpreter, arguments)
    for (key, value) in zip(attributes.keys, attributes.values) { try namespace.set(key, value) }
    try interpreter.add(namespace)
    return .namespace(namespace)
  }

  @Sendable private static func cycler(_ interpreter: Interpreter, _ arguments: Arguments) throws -> Value {
    let items = arguments.positional
    guard !items.isEmpty else { throw TemplateFault("at least one item has to be provided") }
    let place = Place()
    return .function(
      Function("cycler", depth: try Value.deepest(items)) { name in
        switch name {
        case "current": items[place.index]
        case "next":
          .function(
            Function(name) { _, _ in
              defer { place.index = (place.index + 1) % items.count }
              return items[place.index]
            })
        case "reset":
          .function(
            Function(name) { _, _ in
              place.index = 0
              return .none
            })
        default: nil
        }
      } _: { _, _ in
        throw TemplateFault("'Cycler' object is not callable")
      })
  }

  @Sendable private static func joiner(_ interpreter: Interpreter, _ arguments: Arguments) throws -> Value {
    let separator = try arguments.bind("sep")[0] ?? .text(", ")
    let place = Place()
    return .function(
      Function("joiner", depth: separator.depth) { _, _ in
        defer { place.index = 1 }
        return place.index == 0 ? .text(.empty) : separator
      })
  }

  @Sendable private static func raise(_ interpreter: Interpreter, _ arguments: Arguments) throws -> Value {
    let message = try (arguments.bind("message")[0] ?? .none).written(interpreter.budget).string
    throw TemplateFault(.refusal, message)
  }

  /// How far a cycler or joiner has come.
  private final class Place {
    var index = 0
  }
}
