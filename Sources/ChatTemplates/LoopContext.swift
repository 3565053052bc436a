/// What a template sees as `loop`.
final class LoopContext {
  private var make: (() throws -> Value?)?
  private var knownLength: Int?
  private var after: Value?
  private var isExhausted = false
  private(set) var current: Value = .none
  private var before: Value = .none
  /// From 0; −1 in front of the first item.
  private(set) var index0 = -1
  /// Of recursive loops.
  let depth0: Int
  private var lastChanged: [Value]?
  /// What `loop(values)` runs, in recursive loops.
  let recursion: Recursion?

  /// A recursive loop and what stands around it.
  struct Recursion {
    let loop: Statement.Loop
    let scope: KeptScope
  }

  /// - Parameter length: If it is known without asking for all values.
  init(
    _ make: @escaping () throws -> Value?, length: Int?, depth0: Int, recursion: Recursion?
  ) {
    self.make = make
    knownLength = length
    self.depth0 = depth0
    self.recursion = recursion
  }

  /// Goes on to the next item.
  /// - Returns: Whether there is one.
  func advance() throws -> Bool {
    guard let next = try peek() else { return false }
    after = nil
    index0 += 1
    before = current
    current = next
    return true
  }

  private func peek() throws -> Value? {
    if after == nil, !isExhausted {
      after = try make?()
      isExhausted = after == nil
    }
    return after
  }

  func length() throws -> Int {
    if let knownLength { return knownLength }
    var rest: [Value] = []
    if let after { rest.append(after) }
    while let item = try make?() { rest.append(item) }
    let length = index0 + 1 + rest.count
    knownLength = length
    after = nil
    isExhausted = false
    var next = 0
    make = {
      guard next < rest.count else { return nil }
      defer { next += 1 }
      return rest[next]
    }
    return length
  }

  /// Lets go of all values, so that loops which hold themselves go.
  func end() {
    make = nil
    after = nil
    isExhausted = true
    current = .none
    before = .none
    lastChanged = nil
  }

  /// An attribute; nil if loops have none of this name.
  func attribute(_ name: String, _ budget: Budget) throws -> Value? {
    switch name {
    case "index": return .integer(index0 + 1)
    case "index0": return .integer(index0)
    case "revindex": return .integer(try length() - index0)
    case "revindex0": return .integer(try length() - index0 - 1)
    case "first": return .bool(index0 == 0)
    case "last": return .bool(try peek() == nil)
    case "length": return .integer(try length())
    case "depth": return .integer(depth0 + 1)
    case "depth0": return .integer(depth0)
    case "previtem": return index0 == 0 ? .undefined(.reason("there is no previous item")) : before
    case "nextitem": return try peek() ?? .undefined(.reason("there is no next item"))
    case "cycle":
      return .function(
        Function("cycle") { [index0] _, arguments in
          guard !arguments.positional.isEmpty else { throw TemplateFault("no items for cycling given") }
          return arguments.positional[index0 % arguments.positional.count]
        })
    case "changed":
      return .function(
        Function("changed") { [weak self] _, arguments in .bool(try self?.change(arguments, budget) ?? true) }
      )
    default: return nil
    }
  }

  private func change(_ arguments: Arguments, _ budget: Budget) throws -> Bool {
    let values = arguments.positional
    if let last = lastChanged, last.count == values.count,
      try zip(last, values).allSatisfy({ try $0.equals($1, budget) })
    {
      return false
    }
    lastChanged = values
    return true
  }
}
