/// Jinja's tests, which stand behind `is`.
enum Tests {
  typealias Test = @Sendable (Value, [Value], Interpreter) throws -> Bool

  static func apply(_ name: String, _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter) throws
    -> Bool
  {
    guard let test = all[name] else { throw TemplateFault("there is no test '\(name)'") }
    let most = twoValued.contains(name) ? 1 : 0
    guard arguments.positional.count == most, arguments.keywords.isEmpty else {
      throw TemplateFault("the test '\(name)' takes \(most == 0 ? "no argument" : "one argument")")
    }
    return try test(value, arguments.positional, interpreter)
  }

  private static let twoValued: Set = [
    "divisibleby", "sameas", "in", "eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "gt",
    "greaterthan",
    ">", "le", "<=", "ge", ">=",
  ]

  static let all: [String: Test] = [
    "defined": { value, _, _ in !value.isUndefined },
    "undefined": { value, _, _ in value.isUndefined },
    "none": { value, _, _ in if case .none = value { true } else { false } },
    "boolean": { value, _, _ in if case .bool = value { true } else { false } },
    "true": { value, _, _ in if case .bool(true) = value { true } else { false } },
    "false": { value, _, _ in if case .bool(false) = value { true } else { false } },
    "integer": { value, _, _ in if case .integer = value { true } else { false } },
    "float": { value, _, _ in if case .number = value { true } else { false } },
    "number": { value, _, _ in value.double != nil },
    "string": { value, _, _ in value.text != nil },
    "mapping": { value, _, _ in if case .dictionary = value { true } else { false } },
    "sequence": { value, _, _ in
      switch value {
      case .text, .list, .dictionary, .range, .undefined: true
      default: false
      }
    },
    "iterable": { value, _, _ in
      switch value {
      case .none, .bool, .integer, .number, .namespace, .function: false
      default: true
      }
    },
    "callable": { value, _, _ in
      switch value {
      case .function, .loop, .undefined: true
      default: false
      }
    },
    "escaped": { _, _, _ in false },
    "lower": { value, _, interpreter in try value.written(interpreter.budget).isCased(upper: false) },
    "upper": { value, _, interpreter in try value.written(interpreter.budget).isCased(upper: true) },
    "filter": { value, _, _ in value.text.map { Filters.isKnown($0.string) } ?? false },
    "test": { value, _, _ in value.text.map { isKnown($0.string) } ?? false },
    "odd": { value, _, interpreter in
      try remainder(value, .integer(2), interpreter).equals(.integer(1), interpreter.budget)
    },
    "even": { value, _, interpreter in
      try remainder(value, .integer(2), interpreter).equals(.integer(0), interpreter.budget)
    },
    "divisibleby": { value, arguments, interpreter in
      try remainder(value, arguments[0], interpreter).equals(.integer(0), interpreter.budget)
    },
    "sameas": { value, arguments, interpreter in
      switch (value, arguments[0]) {
      case (.bool(let left), .bool(let right)): left == right
      case (.bool, _), (_, .bool), (.list, .list), (.dictionary, .dictionary): false
      default: try value.equals(arguments[0], interpreter.budget)
      }
    },
    "in": { value, arguments, interpreter in try arguments[0].contains(value, interpreter.budget) },
    "eq": equal, "equalto": equal, "==": equal,
    "ne": notEqual, "!=": notEqual,
    "lt": ordered(.less), "lessthan": ordered(.less), "<": ordered(.less),
    "le": ordered(.lessEqual), "<=": ordered(.lessEqual),
    "gt": ordered(.greater), "greaterthan": ordered(.greater), ">": ordered(.greater),
    "ge": ordered(.greaterEqual), ">=": ordered(.greaterEqual),
  ]

  private static func isKnown(_ name: String) -> Bool { all[name] != nil }

  private static let equal: Test = { value, arguments, interpreter in
    try value.equals(arguments[0], interpreter.budget)
  }
  private static let notEqual: Test = { value, arguments, interpreter in
    try !value.equals(arguments[0], interpreter.budget)
  }

  private static func ordered(_ comparison: Expression.Comparison) -> Test {
    { value, arguments, interpreter in
      try Operators.holds(comparison, value, arguments[0], interpreter.budget)
    }
  }

  private static func remainder(_ value: Value, _ divisor: Value, _ interpreter: Interpreter) throws -> Value
  {
    try Operators.apply(.modulo, value, divisor, interpreter.budget)
  }
}
