/// A token of a template, as Jinja's lexer makes them.
struct TemplateToken {
  enum Kind: Equatable {
    /// Text outside tags.
    case data(String)
    case blockBegin, blockEnd, variableBegin, variableEnd
    case name(String)
    case string(String)
    case integer(Int)
    case number(Double)
    case symbol(String)
    case end
  }

  let kind: Kind
  let line: Int

  /// For messages.
  var described: String {
    switch kind {
    case .data: "text"
    case .blockBegin: "{%"
    case .blockEnd: "%}"
    case .variableBegin: "{{"
    case .variableEnd: "}}"
    case .name(let name): name
    case .string: "a string"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .symbol(let symbol): symbol
    case .end: "the end of the template"
    }
  }

  func isName(_ name: String) -> Bool { kind == .name(name) }
  func isSymbol(_ symbol: String) -> Bool { kind == .symbol(symbol) }
}
