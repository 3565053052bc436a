import Comparing
import Foundation
import StrictJSON
import Tensors
import Testing

@testable import Models

/// How positions turn, against what transformers computes.
@Suite struct RotaryTests {
  private static func configuration(_ json: JSONObject, layers: String? = nil) throws -> RotaryConfiguration {
    var habits = RotaryConfiguration.Habits()
    habits.layers = layers
    return try RotaryConfiguration(json, headWidth: 16, habits)
  }

  @Test func frequenciesAreTheOriginals() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/rotary/frequencies.json").standardized
    let cases = try #require(try JSONValue.read(contentsOf: file).array).compactMap(\.object)
    #expect(cases.count == 18)
    for (index, recorded) in cases.enumerated() {
      let json = try recorded.object("config")
      let rope = try Self.configuration(json, layers: recorded.optionalString("layers"))
      let ours = rope.scaling.frequencies(
        headWidth: 16, theta: rope.theta, length: try recorded.optionalInt("length"))
      let theirs = try recorded.doubles("frequencies").map { Float($0) }
      #expect(
        worstDifference(zip(ours, theirs).map { $0 / $1 }, theirs.map { _ in 1 }) < 2e-6, "case \(index)")
      #expect(abs(rope.scaling.attentionFactor - (try recorded.double("factor"))) < 1e-9, "case \(index)")
    }
  }

  @Test func theNewSpellingWins() throws {
    let json = JSONObject([
      ("rope_theta", 500.0), ("rope_scaling", .object(JSONObject([("type", "linear"), ("factor", 2.0)]))),
      (
        "rope_parameters",
        .object(JSONObject([("rope_type", "linear"), ("factor", 4.0), ("rope_theta", 700.0)]))
      ),
    ])
    let rope = try Self.configuration(json)
    #expect(rope.theta == 700 && rope.scaling == .linear(factor: 4))
    let older = JSONObject(json.filter { $0.key != "rope_parameters" }.map { ($0.key, $0.value) })
    #expect(try Self.configuration(older).theta == 500)
    #expect(try Self.configuration(older).scaling == .linear(factor: 2))
  }

  /// Cosines and sines grow by the factor that slowed frequencies come with.
  @Test func theAttentionFactorTurnsLarger() throws {
    let rope = JSONObject([
      ("rope_type", "yarn"), ("factor", 4.0), ("original_max_position_embeddings", 64),
      ("attention_factor", 1.5),
    ])
    let table = try Self.configuration(JSONObject([("rope_parameters", .object(rope))])).table(positions: 8)
    let x = Value(constant: Tensor((1...16).map { Float($0) }, shape: [1, 16]))
    let turned = Tape(backend: Backend()).rotary(x, positions: [0], table: table).tensor.floats()
    #expect(turned == (1...16).map { Float($0) * 1.5 })
  }

  @Test func axesTakeTurns() throws {
    var habits = RotaryConfiguration.Habits()
    habits.interleaves = true
    let rope = JSONObject([("mrope_section", .array([4, 2, 2]))])
    let json = JSONObject([("rope_parameters", .object(rope))])
    #expect(try RotaryConfiguration(json, headWidth: 16, habits).axes == [0, 1, 2, 0, 1, 2, 0, 0])
    #expect(try Self.configuration(json).axes == [0, 0, 0, 0, 1, 1, 2, 2])
  }

  static let refused: [(String, [(String, JSONValue)])] = [
    ("factor", [("rope_type", "linear"), ("factor", 0)]), ("factor", [("rope_type", "dynamic")]),
    ("rope_type", [("rope_type", "proportional")]),
    (
      "long_factor",
      [
        ("rope_type", "longrope"), ("short_factor", .array([1, 1, 1, 1, 1, 1, 1, 1])),
        ("long_factor", .array([1])),
      ]
    ),
    ("beta_fast", [("rope_type", "yarn"), ("factor", 2), ("beta_fast", -1)]),
    ("partial_rotary_factor", [("partial_rotary_factor", 0.5)]),
    ("mrope_section", [("mrope_section", .array([1, 2, 3]))]),
    (
      "original_max_position_embeddings",
      [("rope_type", "yarn"), ("factor", 2), ("original_max_position_embeddings", 0)]
    ),
  ]

  @Test(arguments: refused) func whatMakesNoSenseIsRefused(_ key: String, _ keys: [(String, JSONValue)]) {
    let json = JSONObject([
      ("max_position_embeddings", 64), ("rope_parameters", .object(JSONObject(keys))),
    ])
    let error = #expect(throws: JSONError.self) { try Self.configuration(json) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(key))
  }
}
