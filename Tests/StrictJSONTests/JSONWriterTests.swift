import StrictJSON
import Testing

@Suite struct JSONWriterTests {
  private let value: JSONValue = [
    "z": [1, -2.5, 1e-7, 1e21, .number(0.1)], "a": ["text": "q\"\\\n\u{1}é😀/", "none": nil, "yes": true],
    "rows": [[1, 2], []], "empty": [:],
  ]

  @Test func writesCompactText() throws {
    #expect(
      try value.text()
        == #"{"z":[1,-2.5,1e-07,1e+21,0.1],"a":{"text":"q\"\\\n\u0001é😀/","none":null,"yes":true},"#
        + #""rows":[[1,2],[]],"empty":{}}"#)
  }

  @Test func writesPrettyText() throws {
    #expect(
      try value.text(.pretty) == #"""
        {
          "z": [1, -2.5, 1e-07, 1e+21, 0.1],
          "a": {
            "text": "q\"\\\n\u0001é😀/",
            "none": null,
            "yes": true
          },
          "rows": [
            [1, 2],
            []
          ],
          "empty": {}
        }
        """#)
  }

  @Test func readsBackWhatItWrites() throws {
    #expect(try JSONValue(parsing: value.text().utf8) == value)
    #expect(try JSONValue(parsing: value.text(.pretty).utf8) == value)
    #expect(JSONValue(Float(0.1)) == 0.1)
  }

  @Test func refusesNumbersThatJSONLacks() {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(dictionaryLiteral: ("loss", [0, .number(.nan)])).text()
    }
    #expect(error?.keyPath == "loss[1]")
  }
}
