extension Value {
  /// Python's `==`.
  func equals(_ other: Value, _ budget: Budget) throws -> Bool {
    try budget.step()
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let left), .text(let right)):
      try budget.step(min(left.bytes.count, right.bytes.count) / 64)
      return left == right
    case (.list(let left), .list(let right)):
      guard left.isTuple == right.isTuple, left.items.count == right.items.count else { return false }
      return try left === right || zip(left.items, right.items).allSatisfy { try $0.equals($1, budget) }
    case (.dictionary(let left), .dictionary(let right)):
      guard left.count == right.count else { return false }
      return try zip(left.keys, left.values).allSatisfy { key, value in
        try right.value(key).map { try value.equals($0, budget) } ?? false
      }
    case (.range(let left), .range(let right)): return left == right
    case (.iterator(let left), .iterator(let right)): return left === right
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.loop(let left), .loop(let right)): return left === right
    case (.function(let left), .function(let right)): return left === right
    default:
      if let left = int, let right = other.int { return left == right }
      if let left = double, let right = other.double { return left == right }
      return false
    }
  }

  /// Python's order: negative if this stands in front, 0 if neither does; nil where a number is none.
  /// - Throws: If the two cannot be compared.
  func order(_ other: Value, _ sign: String, _ budget: Budget) throws -> Int? {
    try budget.step()
    if case .undefined(let undefined) = self { throw undefined.fault }
    if case .undefined(let undefined) = other { throw undefined.fault }
    switch (self, other) {
    case (.text(let left), .text(let right)):
      try budget.step(min(left.bytes.count, right.bytes.count) / 16)
      return left == right ? 0 : left.bytes.lexicographicallyPrecedes(right.bytes) ? -1 : 1
    case (.list(let left), .list(let right)) where left.isTuple == right.isTuple:
      for (first, second) in zip(left.items, right.items) where try !first.equals(second, budget) {
        return try first.order(second, sign, budget)
      }
      return left.items.count - right.items.count
    default:
      if let left = int, let right = other.int { return left < right ? -1 : left == right ? 0 : 1 }
      if let left = double, let right = other.double {
        return left < right ? -1 : left == right ? 0 : left > right ? 1 : nil
      }
      throw TemplateFault(
        "'\(sign)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
    }
  }

  /// Python's `in`.
  func contains(_ item: Value, _ budget: Budget) throws -> Bool {
    switch self {
    case .text(let text):
      guard case .text(let part) = item else {
        throw TemplateFault("'in <string>' requires string as left operand, not \(item.typeName)")
      }
      return try text.contains(part, budget)
    case .dictionary(let dictionary): return try dictionary.value(item) != nil
    case .namespace, .function, .none, .bool, .integer, .number:
      throw TemplateFault("argument of type '\(typeName)' is not iterable")
    default:
      let items = try iterate(budget)
      while let next = try items() {
        if try next.equals(item, budget) { return true }
      }
      return false
    }
  }

  /// Python's `iter`: gives one value after the other, and nil at the end.
  func iterate(_ budget: Budget) throws -> () throws -> Value? {
    switch self {
    case .undefined: return { nil }
    case .list(let list): return Self.through(list.items, budget)
    case .dictionary(let dictionary): return Self.through(dictionary.keys, budget)
    case .range(let range):
      var next = 0
      return {
        guard next < range.count else { return nil }
        defer { next += 1 }
        try budget.step()
        return range[next]
      }
    case .text(let text):
      var next = 0
      return {
        guard next < text.bytes.count else { return nil }
        let end = next + UTF8.width(UTF8Scalars.scalar(text.bytes, at: next))
        defer { next = end }
        try budget.step()
        return .text(try text.slice(next..<end, budget))
      }
    case .iterator(let iterator):
      if let view = iterator.view { return Self.through(view.items, budget) }
      return {
        try budget.step()
        return try iterator.next()
      }
    case .loop(let loop):
      return {
        try budget.step()
        return try loop.advance() ? .list(try ListValue([loop.current, self], isTuple: true, budget)) : nil
      }
    case .none, .bool, .integer, .number, .namespace, .function:
      throw TemplateFault("'\(typeName)' object is not iterable")
    }
  }

  private static func through(_ items: [Value], _ budget: Budget) -> () throws -> Value? {
    var next = 0
    return {
      guard next < items.count else { return nil }
      defer { next += 1 }
      try budget.step()
      return items[next]
    }
  }

  /// All values that it gives.
  func elements(_ budget: Budget) throws -> [Value] {
    switch self {
    case .list(let list): return list.items
    case .dictionary(let dictionary): return dictionary.keys
    default: break
    }
    let next = try iterate(budget)
    var items: [Value] = []
    while let item = try next() {
      try budget.require(2 * items.count * MemoryLayout<Value>.stride)
      items.append(item)
    }
    return items
  }

  /// Python's `len`; nil for what has none.
  func length() throws -> Int? {
    switch self {
    case .undefined: 0
    case .text(let text): text.count
    case .list(let list): list.items.count
    case .dictionary(let dictionary): dictionary.count
    case .range(let range): range.count
    case .iterator(let iterator): iterator.length
    case .loop(let loop): try loop.length()
    case .none, .bool, .integer, .number, .namespace, .function: nil
    }
  }
}
