/// What a call is given, evaluated.
struct Arguments {
  var positional: [Value] = []
  var keywords: [(name: String, value: Value)] = []

  /// The values of parameters by their names; nil for those that are not given.
  /// - Throws: If there are others.
  func bind(_ names: String...) throws -> [Value?] {
    guard positional.count <= names.count else {
      throw TemplateFault("at most \(names.count) arguments are taken but \(positional.count) given")
    }
    var values = positional.map(Optional.some) + repeatElement(nil, count: names.count - positional.count)
    for (name, value) in keywords {
      guard let index = names.firstIndex(of: name) else {
        throw TemplateFault("unexpected argument '\(name)'")
      }
      guard values[index] == nil else { throw TemplateFault("the argument '\(name)' is given twice") }
      values[index] = value
    }
    return values
  }

  func keyword(_ name: String) -> Value? { keywords.first { $0.name == name }?.value }
}

extension [Value?] {
  /// A parameter that must be a text.
  func text(_ index: Int, _ function: String) throws -> TemplateText {
    guard case .text(let text)? = self[index] else {
      throw TemplateFault("\(function) needs a text, not \(self[index]?.typeName ?? "nothing")")
    }
    return text
  }

  /// A parameter that may be left out or None.
  func optionalText(_ index: Int, _ function: String) throws -> TemplateText? {
    switch self[index] {
    case nil, Value.none?: nil
    default: try text(index, function)
    }
  }

  /// A number; nil where it is left out or None.
  func int(_ index: Int, _ function: String) throws -> Int? {
    switch self[index] {
    case nil, Value.none?: return nil
    case let value?:
      guard let number = value.int else {
        throw TemplateFault("\(function) needs an integer, not \(value.typeName)")
      }
      return number
    }
  }
}
