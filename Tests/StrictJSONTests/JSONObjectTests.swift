import StrictJSON
import Testing

@Suite struct JSONObjectTests {
  private let config = #"""
    {"model_type": "llama", "hidden_size": 64, "eps": 1e-5, "tie": false, "rope": null, "sizes": [1, 2],
     "vision": {"layers": [[{"width": 3.0}]], "names": ["a", 1]}}
    """#

  private func parsed() throws -> JSONObject {
    try #require(try JSONValue(parsing: config.utf8, file: "config.json").object)
  }

  @Test func givesTypedValues() throws {
    let object = try parsed()
    #expect(try object.string("model_type") == "llama")
    #expect(try object.int("hidden_size") == 64)
    #expect(try object.double("hidden_size") == 64)
    #expect(try object.double("eps") == 1e-5)
    #expect(try object.bool("tie") == false)
    #expect(try object.ints("sizes") == [1, 2])
    #expect(try object.doubles("sizes") == [1, 2])
    #expect(try object.optionalInt("rope") == nil)
    #expect(try object.optionalInt("absent") == nil)
    #expect(try object.optionalInts("sizes") == [1, 2])
    #expect(object.keys == ["model_type", "hidden_size", "eps", "tie", "rope", "sizes", "vision"])
  }

  @Test func errorsNameFileAndKeyPath() throws {
    let object = try parsed()
    func message(_ access: () throws -> some Any) -> String? {
      #expect(throws: JSONError.self) { _ = try access() }?.description
    }
    #expect(message { try object.int("eps") } == "config.json: eps: must be an integer, not a number.")
    #expect(message { try object.string("rope") } == "config.json: rope: must be a string, not null.")
    #expect(message { try object.object("text") } == "config.json: text: the key is missing; add it.")
    #expect(
      message { try object.optionalString("hidden_size") }
        == "config.json: hidden_size: must be a string or null, not an integer.")
    let vision = try object.object("vision")
    #expect(
      message { try vision.strings("names") }
        == "config.json: vision.names[1]: must be a string, not an integer.")
    let layer = try #require(try vision.array("layers").first?.array?.first?.object)
    #expect(
      message { try layer.int("width") }
        == "config.json: vision.layers[0][0].width: must be an integer, not a number.")
  }

  @Test func keepsOrderThroughChanges() throws {
    var object = JSONObject((0..<20).map { ("k\($0)", JSONValue($0)) })
    object["k3"] = nil
    object["k4"] = "new"
    object["k3"] = "last"
    #expect(object.keys == (0..<20).filter { $0 != 3 }.map { "k\($0)" } + ["k3"])
    #expect(object["k4"] == "new")
    #expect(object["k19"] == 19)
    #expect(object != JSONObject(object.reversed().map { ($0.key, $0.value) }))
  }
}
