extension Filters {
  static let sequences: [String: Filter] = [
    "length": length, "count": length,
    "default": usual, "d": usual,
    "first": { value, _, interpreter in
      try value.iterate(interpreter.budget)() ?? .undefined(.reason("No first item, sequence was empty."))
    },
    "last": { value, _, interpreter in
      if case .iterator(let iterator) = value, iterator.view == nil { throw notReversible(value) }
      if case .text(let text) = value {
        guard !text.isEmpty else { return .undefined(.reason("No last item, sequence was empty.")) }
        return .text(
          try text.slice(
            UTF8Scalars.start(text.bytes, before: text.bytes.count)..<text.bytes.count, interpreter.budget))
      }
      return try value.elements(interpreter.budget).last
        ?? .undefined(.reason("No last item, sequence was empty."))
    },
    "list": { value, _, interpreter in
      .list(try ListValue(value.elements(interpreter.budget), interpreter.budget))
    },
    "join": { value, arguments, interpreter in
      let given = try arguments.bind("d", "attribute")
      let budget = interpreter.budget
      let separator = try given[0]?.written(budget) ?? .empty
      let get = try getter(given[1], interpreter)
      var builder = TextBuilder(budget)
      let next = try value.iterate(budget)
      var isFirst = true
      while let item = try next() {
        if !isFirst { try builder.append(separator) }
        isFirst = false
        try builder.append(get(item).written(budget))
      }
      return .text(builder.text())
    },
    "items": { value, _, interpreter in
      if case .undefined = value { return .iterator(try ValueIterator(over: 0) { nil }) }
      guard case .dictionary(let dictionary) = value else {
        throw TemplateFault("Can only get item pairs from a mapping.")
      }
      let next = try Value.list(ListValue(dictionary.members(interpreter.budget), interpreter.budget))
        .iterate(interpreter.budget)
      return .iterator(try ValueIterator(over: dictionary.depth, next))
    },
    "reverse": { value, _, interpreter in
      let budget = interpreter.budget
      if case .text(let text) = value {
        var builder = TextBuilder(budget)
        var end = text.bytes.count
        while end > 0 {
          let start = UTF8Scalars.start(text.bytes, before: end)
          try builder.append(text, start..<end)
          end = start
        }
        return .text(builder.text())
      }
      let items = try Array(value.elements(budget).reversed())
      return .iterator(
        try ValueIterator(over: value.depth, Value.list(ListValue(items, budget)).iterate(budget)))
    },
    "dictsort": { value, arguments, interpreter in
      let given = try arguments.bind("case_sensitive", "by", "reverse")
      let by = try given.optionalText(1, "dictsort")?.string ?? "key"
      guard case .dictionary(let dictionary) = value else {
        throw TemplateFault("dictsort needs a mapping, not \(value.typeName)")
      }
      guard by == "key" || by == "value" else {
        throw TemplateFault("You can only sort by either \"key\" or \"value\"")
      }
      let budget = interpreter.budget
      let fold = given[0]?.isTrue != true
      let keys = try (by == "key" ? dictionary.keys : dictionary.values).map {
        try fold ? folded($0, budget) : $0
      }
      let order = try Sorting.sorted(Array(keys.indices), isReversed: given[2]?.isTrue ?? false, budget) {
        try keys[$0].order(keys[$1], "<", budget) ?? 0
      }
      let members = try dictionary.members(budget)
      return .list(try ListValue(order.map { members[$0] }, budget))
    },
    "sort": { value, arguments, interpreter in
      let given = try arguments.bind("reverse", "case_sensitive", "attribute")
      let budget = interpreter.budget
      let fold = given[1]?.isTrue != true
      let getters =
        if case .text(let names)? = given[2] {
          try names.split(TemplateText(","), most: -1, budget).map { try getter(.text($0), interpreter) }
        } else { [try getter(given[2], interpreter)] }
      let items = try value.elements(budget)
      let keys = try items.map { item in try getters.map { try fold ? folded($0(item), budget) : $0(item) } }
      let order = try Sorting.sorted(Array(items.indices), isReversed: given[0]?.isTrue ?? false, budget) {
        left, right in
        for (first, second) in zip(keys[left], keys[right]) where try !first.equals(second, budget) {
          return try first.order(second, "<", budget) ?? 0
        }
        return 0
      }
      return .list(try ListValue(order.map { items[$0] }, budget))
    },
    "unique": { value, arguments, interpreter in
      let given = try arguments.bind("case_sensitive", "attribute")
      let budget = interpreter.budget
      let get = try getter(given[1], interpreter)
      let fold = given[0]?.isTrue != true
      var seen: Set<DictionaryKey> = []
      let next = try value.iterate(budget)
      return .iterator(
        try ValueIterator(over: value.depth) {
          while let item = try next() {
            let key = try fold ? folded(get(item), budget) : get(item)
            try budget.require(seen.count * 64)
            if seen.insert(try DictionaryKey(key)).inserted { return item }
          }
          return nil
        })
    },
    "groupby": groupBy,
    "min": { value, arguments, interpreter in try extreme(value, arguments, interpreter) { $0 < 0 } },
    "max": { value, arguments, interpreter in try extreme(value, arguments, interpreter) { $0 > 0 } },
    "sum": { value, arguments, interpreter in
      let given = try arguments.bind("attribute", "start")
      let get = try getter(given[0], interpreter)
      var sum = given[1] ?? .integer(0)
      if case .text = sum { throw TemplateFault("sum() can't sum strings [use ''.join(seq) instead]") }
      for item in try value.elements(interpreter.budget) {
        sum = try Operators.apply(.add, sum, get(item), interpreter.budget)
      }
      return sum
    },
    "batch": { value, arguments, interpreter in
      let given = try arguments.bind("linecount", "fill_with")
      guard let size = try given.int(0, "batch") else { throw TemplateFault("batch needs a number") }
      let budget = interpreter.budget
      let next = try value.iterate(budget)
      var isDone = false
      return .iterator(
        try ValueIterator(over: value.depth + 1) {
          var items: [Value] = []
          while !isDone, items.isEmpty || items.count != size {
            guard let item = try next() else {
              isDone = true
              break
            }
            items.append(item)
          }
          if items.isEmpty { return nil }
          if case let fill? = given[1], !fill.isNone, items.count < size {
            try budget.require(size * MemoryLayout<Value>.stride)
            items += repeatElement(fill, count: size - items.count)
          }
          return .list(try ListValue(items, budget))
        })
    },
    "slice": { value, arguments, interpreter in
      let given = try arguments.bind("slices", "fill_with")
      guard let count = try given.int(0, "slice"), count > 0 else {
        throw TemplateFault("slice needs a number")
      }
      let budget = interpreter.budget
      let items = try value.elements(budget)
      let (size, longer) = items.count.quotientAndRemainder(dividingBy: count)
      var number = 0
      return .iterator(
        try ValueIterator(over: value.depth + 1) {
          guard number < count else { return nil }
          defer { number += 1 }
          let start = number * size + min(number, longer)
          var part = Array(items[start..<start + size + (number < longer ? 1 : 0)])
          if let fill = given[1], !fill.isNone, number >= longer { part.append(fill) }
          return .list(try ListValue(part, budget))
        })
    },
    "map": map,
    "select": { value, arguments, interpreter in
      try selected(value, arguments, interpreter, keeps: true, byAttribute: false)
    },
    "reject": { value, arguments, interpreter in
      try selected(value, arguments, interpreter, keeps: false, byAttribute: false)
    },
    "selectattr": { value, arguments, interpreter in
      try selected(value, arguments, interpreter, keeps: true, byAttribute: true)
    },
    "rejectattr": { value, arguments, interpreter in
      try selected(value, arguments, interpreter, keeps: false, byAttribute: true)
    },
    "attr": { value, arguments, interpreter in
      let name = try arguments.bind("name").text(0, "attr")
      return try interpreter.member(name, of: value)
        ?? .undefined(.attribute(of: value.typeName, name.string))
    },
  ]

  private static let length: Filter = { value, _, _ in
    guard let length = try value.length() else {
      throw TemplateFault("object of type '\(value.typeName)' has no len()")
    }
    return .integer(length)
  }

  private static let usual: Filter = { value, arguments, _ in
    let given = try arguments.bind("default_value", "boolean")
    let isMissing = value.isUndefined || (given[1]?.isTrue ?? false) && !value.isTrue
    return isMissing ? given[0] ?? .text(.empty) : value
  }

  private static func notReversible(_ value: Value) -> TemplateFault {
    TemplateFault("'\(value.typeName)' object is not reversible")
  }

  /// Texts in small letters, for sorting; other values as they are.
  static func folded(_ value: Value, _ budget: Budget) throws -> Value {
    if case .text(let text) = value { .text(try text.lower(budget)) } else { value }
  }

  /// What looks up an attribute such as `a.b.0`; nil looks up nothing.
  static func getter(
    _ attribute: Value?, _ interpreter: Interpreter, usual: Value? = nil
  ) throws -> (Value) throws -> Value {
    let parts: [Value]
    switch attribute {
    case nil, Value.none?: return { $0 }
    case .text(let text)?:
      parts = try text.split(TemplateText("."), most: -1, interpreter.budget).map { part in
        part.isAll(\.isPythonDigit) ? Int(part.string).map(Value.integer) ?? .text(part) : .text(part)
      }
    case let value?: parts = [value]
    }
    return { [unowned interpreter] value in
      var value = value
      for part in parts {
        value = try interpreter.item(part, of: value)
        if let usual, value.isUndefined { value = usual }
      }
      return value
    }
  }

  private static func extreme(
    _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter, _ isBetter: (Int) -> Bool
  ) throws -> Value {
    let given = try arguments.bind("case_sensitive", "attribute")
    let budget = interpreter.budget
    let get = try getter(given[1], interpreter)
    let fold = given[0]?.isTrue != true
    var best: (item: Value, key: Value)?
    for item in try value.elements(budget) {
      let key = try fold ? folded(get(item), budget) : get(item)
      if let last = best, try !isBetter(key.order(last.key, "<", budget) ?? 0) { continue }
      best = (item, key)
    }
    return best?.item ?? .undefined(.reason("No aggregated item, sequence was empty."))
  }
}
