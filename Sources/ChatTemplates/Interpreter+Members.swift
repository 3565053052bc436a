extension Interpreter {
  /// `value.name`: a method or attribute, otherwise an element.
  func attribute(_ name: TemplateText, of value: Value) throws -> Value {
    if let member = try member(name, of: value) { return member }
    if case .dictionary(let dictionary) = value, let element = dictionary.value(name) { return element }
    return .undefined(.attribute(of: value.typeName, name.string))
  }

  /// `value[key]`: an element, otherwise a method or attribute.
  func item(_ key: Value, of value: Value) throws -> Value {
    switch value {
    case .dictionary(let dictionary):
      if case .list(let list) = key, !list.isTuple { break }
      if case .dictionary = key { break }
      if let element = try dictionary.value(key) { return element }
    case .list(let list):
      if let index = place(key, in: list.items.count) { return list.items[index] }
    case .range(let range):
      if let index = place(key, in: range.count) { return range[index] }
    case .text(let text):
      if let index = place(key, in: text.count) {
        try budget.step(text.isASCII ? 1 : text.bytes.count / 8)
        let start = text.offset(ofCharacter: index)
        let end = start + UTF8.width(UTF8Scalars.scalar(text.bytes, at: start))
        return .text(try text.slice(start..<end, budget))
      }
    default: break
    }
    if case .text(let name) = key {
      return try member(name, of: value) ?? .undefined(.attribute(of: value.typeName, name.string))
    }
    if case .undefined(let undefined) = value { throw undefined.fault }
    let described = try key.represented(budget).string
    return .undefined(.element(of: value.typeName, String(described.prefix(60))))
  }

  /// A Python index, negative ones from the end; nil outside.
  private func place(_ key: Value, in count: Int) -> Int? {
    guard let index = key.int else { return nil }
    let place = index < 0 ? (index < -count ? -1 : index + count) : index
    return (0..<count).contains(place) ? place : nil
  }

  /// A method or attribute that Python's type has; nil if it has none of this name.
  func member(_ name: TemplateText, of value: Value) throws -> Value? {
    switch value {
    case .undefined(let undefined): throw undefined.fault
    case .text(let text): return TextMethods.member(name.string, of: text)
    case .dictionary(let dictionary): return DictionaryMethods.member(name.string, of: dictionary)
    case .list(let list): return ListMethods.member(name.string, of: list)
    case .namespace(let namespace): return namespace.attributes.value(name)
    case .loop(let loop): return try loop.attribute(name.string, budget)
    case .function(let function): return function.attribute(name.string)
    case .none, .bool, .integer, .number, .range, .iterator: return nil
    }
  }
}
