import StrictJSON
import Testing

@Suite struct JSONParserTests {
  private static let accepted: [(String, JSONValue)] = [
    ("null", .null), (" true\r\n", true), ("\t-0", 0), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(0x1p63)),
    ("-9223372036854775809", .number(-0x1p63)),
    ("1000000000000000019884624838656", .number(1e30)), ("1.0", 1.0), ("-0.0", .number(-0.0)), ("1E2", 100.0),
    ("0.1e-6", 1e-7), ("123456789.123456789e-300", .number(123456789.123456789e-300)),
    ("5e-324", .number(.leastNonzeroMagnitude)),
    ("1e-400", 0.0), ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)), ("[]", []), ("{}", [:]),
    ("[1,[2,[]],{}]", [1, [2, []], [:]]), ("\"\"", ""), ("\"\u{7F}\"", "\u{7F}"),
    (#""\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00\u0000""#, .string("\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}\0")),
    ("\"é😀\"", "é😀"), (#"{"b":1,"a":{"b":2}}"#, ["b": 1, "a": ["b": 2]]),
    // Canonically equivalent keys differ by bytes.
    ("{\"\u{E9}\":1,\"e\u{301}\":2}", .object(JSONObject([("\u{E9}", 1), ("e\u{301}", 2)]))),
  ]

  @Test(arguments: accepted)
  func accepts(_ text: String, _ expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text.utf8) == expected)
  }

  private static let refused: [(String, Int, String)] = [
    ("", 0, "empty"), ("  \n", 3, "empty"), ("{\"a\":1,}", 6, "comma"), ("[1,]", 2, "comma"),
    ("[,1]", 1, "value"),
    ("[1 2]", 3, "comma or ]"), ("{\"a\" 1}", 5, "colon"), ("{a:1}", 1, "key"),
    ("{\"a\":1 \"b\"", 7, "comma or }"),
    ("{\"a\":1,\"\\u0061\":2}", 7, "twice"), ("[1]x", 3, "more text"), ("1 1", 2, "more text"),
    ("[1", 2, "end"),
    ("NaN", 0, "NaN"), ("-Infinity", 1, "digit"), ("Infinity", 0, "NaN"), ("nul", 0, "word"),
    ("True", 0, "value"),
    ("01", 0, "begin with 0"), ("-01", 1, "begin with 0"), ("1.", 2, "point"), (".5", 0, "value"),
    ("+1", 0, "value"),
    ("1e", 2, "exponent"), ("1e+", 3, "exponent"), ("-", 1, "digit"), ("1e309", 0, "too large"),
    ("\"a", 0, "closing quote"), ("\"a\\", 2, "escape"), ("\"\\x\"", 1, "escape"),
    ("\"\\u12g4\"", 1, "hexadecimal"),
    ("\"\\u12", 1, "hexadecimal"), ("\"\\ud800\"", 1, "surrogate"), ("\"\\ude00\"", 1, "surrogate"),
    ("\"\\ud800\\u0041\"", 1, "surrogate"), ("\"\\ud800\\n\"", 1, "surrogate"), ("\"a\nb\"", 2, "control"),
    ("\u{FEFF}1", 0, "byte order mark"), ("'a'", 0, "value"), ("// no\n1", 0, "value"),
    ("\u{A0}1", 0, "0xC2"),
  ]

  @Test(arguments: refused)
  func refuses(_ text: String, _ offset: Int, _ phrase: String) {
    expectError(Array(text.utf8), offset, phrase)
  }

  private static let malformed: [([UInt8], Int)] = [
    ([0x22, 0x61, 0x80, 0x22], 2), ([0x22, 0xC3, 0x22], 1), ([0x22, 0xC0, 0x80, 0x22], 1),
    ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
    ([0x22, 0x5C, 0x6E, 0xFF, 0x22], 3),
  ]

  @Test(arguments: malformed)
  func refusesBytesThatAreNotUTF8(_ bytes: [UInt8], _ offset: Int) {
    expectError(bytes, offset, "UTF-8")
  }

  private func expectError(_ bytes: [UInt8], _ offset: Int, _ phrase: String) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    #expect(error?.offset == offset)
    #expect(error?.message.contains(phrase) == true, "\(String(describing: error))")
  }

  @Test func limitsNestingAndLength() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[{\"a\":", count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)
    }
    _ = try JSONValue(parsing: nested(64).utf8)
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(66).utf8) }
    _ = try JSONValue(parsing: nested(512).utf8, limits: JSONLimits(depth: 1 << 20))
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: nested(514).utf8, limits: JSONLimits(depth: 1 << 20))
    }
    #expect(throws: JSONError.self) { try JSONValue(parsing: "123".utf8, limits: JSONLimits(bytes: 2)) }
  }

  @Test func namesFileLineAndColumn() {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: "{\n  \"a\": [1,\n    x]\n}".utf8, file: "config.json")
    }
    #expect(error?.description == "config.json:3:5 (byte 17): a value is needed here, not 'x'.")
  }

  @Test func findsEveryKeyOfALargeObjectAndRefusesItsDuplicates() throws {
    let members = (0..<3000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    let object = try #require(try JSONValue(parsing: "{\(members)}".utf8).object)
    #expect(object.count == 3000)
    #expect((0..<3000).allSatisfy { object["key\($0)"] == .integer(Int64($0)) })
    #expect(object["key3000"] == nil)
    #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(members),\"key7\":0}".utf8) }
  }

  @Test func readsNumbersAsTheStandardLibraryDoes() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      let digits =
        "\(Int64.random(in: -999_999...999_999)).\(UInt32.random(in: 0...9999))e\(Int.random(in: -30...30))"
      for text in [value.description, digits] {
        guard case .number(let read) = try JSONValue(parsing: text.utf8) else {
          #expect(text.contains(".") == false)
          continue
        }
        #expect(read.bitPattern == Double(text)?.bitPattern, "\(text)")
      }
    }
  }

  /// Cuts and changes must end in a value or an error, never in a trap.
  @Test func survivesDamagedText() {
    let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\uD83D\uDE00é"],"b":{"c":null,"d":[true,false]}}"#.utf8)
    for end in 0..<text.count { _ = try? JSONValue(parsing: text[..<end]) }
    for place in text.indices {
      for byte in UInt8.min...UInt8.max {
        var damaged = text
        damaged[place] = byte
        _ = try? JSONValue(parsing: damaged)
      }
    }
  }
}
