package import StrictJSON

/// A value that a template is given: what JSON has, with texts that know where they come from.
package indirect enum TemplateInput: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(TemplateText)
  case list([TemplateInput])
  case object([(key: String, value: TemplateInput)])

  /// A JSON value, whose texts are somebody's words.
  package init(_ json: JSONValue, origin: TextOrigin = .data) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = Int(exactly: value).map(TemplateInput.integer) ?? .number(Double(value))
    case .number(let value): self = .number(value)
    case .string(let string): self = .text(TemplateText(string, origin))
    case .array(let items): self = .list(items.map { TemplateInput($0, origin: origin) })
    case .object(let object):
      self = .object(object.map { ($0.key, TemplateInput($0.value, origin: origin)) })
    }
  }

  /// How many values it has, and how many bytes its texts.
  var size: (values: Int, bytes: Int) {
    switch self {
    case .null, .bool, .integer, .number: (1, 0)
    case .text(let text): (1, text.bytes.count)
    case .list(let items): Self.sum(items.map(\.size))
    case .object(let members):
      Self.sum(members.map { ($0.value.size.values, $0.value.size.bytes + $0.key.utf8.count) })
    }
  }

  private static func sum(_ sizes: [(values: Int, bytes: Int)]) -> (values: Int, bytes: Int) {
    sizes.reduce((1, 0)) { ($0.0 + $1.values, $0.1 + $1.bytes) }
  }

  func value(_ budget: Budget) throws -> Value {
    switch self {
    case .null: .none
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let text): .text(text)
    case .list(let items): .list(try ListValue(items.map { try $0.value(budget) }, budget))
    case .object(let members):
      .dictionary(
        try DictionaryValue(
          members.map { (.text(TemplateText($0.key, .data)), try $0.value.value(budget)) }, budget))
    }
  }
}
