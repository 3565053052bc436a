extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }
}

extension JSONValue {
  public init(_ value: Bool) { self = .bool(value) }
  public init(_ value: Int) { self = .integer(Int64(value)) }
  public init(_ value: Double) { self = .number(value) }
  /// The number whose shortest decimal form is that of the float: 0.1 stays 0.1.
  public init(_ value: Float) { self = .number(Double(value.description) ?? Double(value)) }
  public init(_ value: String) { self = .string(value) }
  public init(_ values: [JSONValue]) { self = .array(values) }
  public init(_ values: [Int]) { self = .array(values.map { .integer(Int64($0)) }) }
  public init(_ values: [Double]) { self = .array(values.map { .number($0) }) }
  public init(_ values: [String]) { self = .array(values.map { .string($0) }) }
  public init(_ value: JSONObject) { self = .object(value) }
}
