extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }
}

extension JSONValue {
  package init(_ value: Bool) { self = .bool(value) }
  package init(_ value: Int) { self = .integer(Int64(value)) }
  package init(_ value: Double) { self = .number(value) }
  /// The number whose shortest decimal form is that of the float: 0.1 stays 0.1.
  package init(_ value: Float) { self = .number(Double(value.description) ?? Double(value)) }
  package init(_ value: String) { self = .string(value) }
  package init(_ values: [JSONValue]) { self = .array(values) }
  package init(_ values: [Int]) { self = .array(values.map { .integer(Int64($0)) }) }
  package init(_ values: [Double]) { self = .array(values.map { .number($0) }) }
  package init(_ values: [String]) { self = .array(values.map { .string($0) }) }
  package init(_ value: JSONObject) { self = .object(value) }
}
