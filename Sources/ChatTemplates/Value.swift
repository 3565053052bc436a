/// What expressions give: Python's values, as far as templates meet them.
enum Value {
  case undefined(Undefined)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(TemplateText)
  /// A list or a tuple.
  case list(ListValue)
  case dictionary(DictionaryValue)
  case range(RangeValue)
  /// What can be gone through once.
  case iterator(ValueIterator)
  case namespace(Namespace)
  case loop(LoopContext)
  case function(Function)

  static func text(_ string: String) -> Value { .text(TemplateText(string)) }
  static func undefined(named name: String) -> Value { .undefined(.name(name)) }

  /// How deeply values lie in it.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .dictionary(let dictionary): dictionary.depth
    case .iterator(let iterator): iterator.depth
    case .function(let function): function.depth
    default: 0
    }
  }

  static func deepest(_ values: some Sequence<Value>) throws -> Int {
    let depth = 1 + values.reduce(0) { max($0, $1.depth) }
    guard depth <= TemplateLimits.depth else { throw TemplateFault.tooDeep }
    return depth
  }

  /// Python's name of its type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .number: "float"
    case .text: "str"
    case .list(let list): list.isTuple ? "tuple" : "list"
    case .dictionary: "dict"
    case .range: "range"
    case .iterator(let iterator): iterator.typeName
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .function: "function"
    }
  }

  /// Python's truth of a value.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .range(let range): range.count > 0
    case .iterator(let iterator): iterator.length.map { $0 > 0 } ?? true
    case .namespace, .function: true
    case .loop: true
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// An integer, or a truth as 0 or 1, as Python's `int` has it.
  var int: Int? {
    switch self {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// Any number.
  var double: Double? {
    if case .number(let value) = self { return value }
    return int.map(Double.init)
  }

  var text: TemplateText? { if case .text(let text) = self { text } else { nil } }
}

/// Why there is no value; using it says so.
enum Undefined {
  case name(String)
  case attribute(of: String, String)
  case element(of: String, String)
  case reason(String)

  var message: String {
    switch self {
    case .name(let name): "'\(name)' is undefined"
    case .attribute(let type, let name): "'\(type) object' has no attribute '\(name)'"
    case .element(let type, let key): "\(type) object has no element \(key)"
    case .reason(let reason): reason
    }
  }

  var fault: TemplateFault { TemplateFault(message) }
}

final class ListValue {
  let items: [Value]
  let isTuple: Bool
  let depth: Int
  private let budget: Budget
  private var size: Int { items.count * MemoryLayout<Value>.stride + 64 }

  init(_ items: [Value], isTuple: Bool = false, _ budget: Budget) throws {
    self.items = items
    self.isTuple = isTuple
    self.budget = budget
    depth = try Value.deepest(items)
    try budget.step(items.count)
    budget.hold(size)
    try budget.require(0)
  }

  deinit { budget.release(size) }
}

/// `range(start, stop, step)`.
struct RangeValue: Equatable {
  let start: Int
  let step: Int
  let count: Int

  init(start: Int, stop: Int, step: Int) throws {
    guard step != 0 else { throw TemplateFault("range() arg 3 must not be zero") }
    let span = step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
    let width = step.magnitude
    let count = span.overflow || span.partialValue <= 0 ? 0 : (UInt(span.partialValue) - 1) / width + 1
    guard !span.overflow || (step > 0) != (stop > start), count <= UInt(TemplateLimits.rangeLength) else {
      throw TemplateFault(.limit, "a range has more than \(TemplateLimits.rangeLength) numbers")
    }
    self.start = start
    self.step = step
    self.count = Int(count)
  }

  subscript(index: Int) -> Value { .integer(start + index * step) }
}

/// A generator: values that are made when they are asked for.
final class ValueIterator {
  private var make: () throws -> Value?
  let depth: Int
  /// What a dictionary's keys, values or items can tell of their number; nil for true generators.
  let length: Int?
  /// A dictionary's view can be gone through again.
  let view: ListValue?
  /// As Python calls its type.
  let typeName: String

  init(over depth: Int, _ make: @escaping () throws -> Value?) throws {
    guard depth < TemplateLimits.depth else { throw TemplateFault.tooDeep }
    self.depth = depth + 1
    self.make = make
    length = nil
    view = nil
    typeName = "generator"
  }

  init(view: ListValue, _ typeName: String) {
    self.typeName = typeName
    depth = view.depth
    length = view.items.count
    self.view = view
    make = { nil }
  }

  func next() throws -> Value? { try make() }
}

/// `namespace(…)`: the only thing in templates that can be changed.
final class Namespace {
  var attributes: DictionaryValue
  let empty: DictionaryValue

  init(_ attributes: DictionaryValue, _ budget: Budget) throws {
    self.attributes = attributes
    empty = try DictionaryValue([], budget)
  }
}

/// Whatever can be called.
final class Function {
  let name: String
  let depth: Int
  let call: (Interpreter, Arguments) throws -> Value
  let attribute: (String) -> Value?

  /// - Parameter depth: Of what it holds.
  init(
    _ name: String, depth: Int = 0, attribute: @escaping (String) -> Value? = { _ in nil },
    _ call: @escaping (Interpreter, Arguments) throws -> Value
  ) {
    self.name = name
    self.depth = depth
    self.attribute = attribute
    self.call = call
  }
}
