import Checkpoints
import Files
import Foundation
import ModelTesting
import Models
import StrictJSON
import Tensors
import Testing

@testable import Loading
@testable import MixtureOfDepths

@Suite struct GammaModelTests {
  private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("gamma-mod-tests-" + UUID().uuidString)

  /// Writes a routed checkpoint and lets `change` edit its tensors and its `mod` object first.
  private func load(
    routing: GammaModel.Routing = .asStored,
    change: (inout [String: Tensor], inout [String: JSONValue]) -> Void = { _, _ in }
  ) throws -> VisionLanguageModel {
    let model = try TinyModel.dense(seed: 130)
      .routed(RoutingConfiguration(layers: [1, 2]), router: TinyModel.router(seed: 130))
    var tensors = Dictionary(
      uniqueKeysWithValues: model.storedTensors.map { ($0.name, $0.parameter.tensor) })
    var routed = Dictionary(
      uniqueKeysWithValues: try model.configuration.object("mod").map { ($0.key, $0.value) })
    change(&tensors, &routed)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var members = model.configuration.filter { $0.key != "mod" }.map { ($0.key, $0.value) }
    members.append(("mod", .object(JSONObject(routed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))))
    try AtomicFile.write(
      JSONValue.object(JSONObject(members)).text(), to: folder.appendingPathComponent("config.json"))
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { try writer.add(name, tensor) }
    try writer.write(to: folder.appendingPathComponent("model.safetensors"))
    return try GammaModel.load(folder, routing: routing)
  }

  private static let router = "model.layers.2.router.weight"

  private func message(
    _ change: (inout [String: Tensor], inout [String: JSONValue]) -> Void
  ) -> String {
    let error = #expect(throws: (any Error).self) { try load(change: change) }
    return error.map { "\($0)" } ?? ""
  }

  @Test func layersReadTheirOwnRoutersWhereTheConfigurationSaysSo() throws {
    func own(_ tensors: inout [String: Tensor], _ routing: inout [String: JSONValue]) {
      tensors[Self.router] = TinyModel.rows(2, seed: 9)
      routing["router_sharing"] = "layer"
    }
    let model = try load(change: own)
    #expect(model.routers.count == 2 && model.router == nil)
    #expect(model.routing?.routerSharing == .layer)
    let stored = Dictionary(uniqueKeysWithValues: model.storedTensors.map { ($0.name, $0.parameter.tensor) })
    #expect(stored[Self.router]?.floats() == TinyModel.rows(2, seed: 9).floats())
    #expect(stored["model.layers.1.router.weight"]?.floats() == TinyModel.router(seed: 130).tensor.floats())
    let missing = message { tensors, routing in
      own(&tensors, &routing)
      tensors[Self.router] = nil
    }
    #expect(missing.contains("layer 2") && missing.contains("missing"), "\(missing)")
    #expect(message { $1["router_sharing"] = "some" }.contains("router_sharing"))
  }

  @Test func rulesOfOurOwnSurviveWritingAndReading() throws {
    var routing = RoutingConfiguration(layers: [1, 2])
    routing.prefill = .skip(0.25)
    routing.rowChoice = .random(seed: 7)
    routing.routerSharing = .layer
    routing.skipByLayer = [0.25, 0.75]
    #expect(try RoutingConfiguration(routing.json, layerCount: 4) == routing)
    // Shares belong to the layers beside which they are listed.
    var json = routing.json
    json["mod_layers_idx"] = [2, 1]
    #expect(try RoutingConfiguration(json, layerCount: 4)?.skipByLayer == [0.75, 0.25])
    for (key, wrong) in [
      ("skip_by_layer", [0.5]), ("skip_by_layer", [0.5, 1.5]), ("prefill_skip", 2),
      ("random_choice_seed", "x"),
    ] as [(String, JSONValue)] {
      var damaged = routing.json
      damaged[key] = wrong
      #expect(throws: JSONError.self, "\(key)") { try RoutingConfiguration(damaged, layerCount: 4) }
    }
    let model = try load(routing: .skip(0.1)) { $1["skip_by_layer"] = [0.25, 0.75] }
    #expect(model.routing?.skipByLayer == nil && model.routing?.prefill == .imageSkip(0.1))
  }

  @Test func storedRoutersAreReadIgnoredOrOverruled() throws {
    let model = try load()
    #expect(model.routing == RoutingConfiguration(layers: [1, 2]))
    #expect(model.router?.tensor.floats() == TinyModel.router(seed: 130).tensor.floats())
    #expect(model.storedTensors.map(\.name).filter { $0.contains("router") }.count == 2)
    #expect(model.parameters.count { $0 === model.router } == 1)
    #expect(try load { tensors, _ in tensors["model.layers.1.router.weight"] = nil }.router != nil)

    let ignored = try load(routing: .ignored)
    #expect(ignored.routing == nil && ignored.router == nil)
    let off = try load { _, routing in routing["mod_enable"] = false }
    #expect(off.routing == nil)
    #expect(try load(routing: .skip(0.25)).routing?.prefill == .imageSkip(0.25))
  }

  @Test func skippingIsWhatWasAskedFor() throws {
    let model = try load(routing: .skip(0.25))
    let trace = RoutingTrace(model.decoder)
    var batch = PackedBatch()
    for images in [40, 20] {
      let roles: [RowRole] = (0..<images + 3).map { $0 < images ? .image : .prompt }
      batch.append(roles: roles, cache: SequenceCache(layers: TinyModel.layers), isDecoding: false)
    }
    let rows = TinyModel.rows(66, seed: 131)
    _ = model.decoder.forward(
      Value(constant: rows), DecoderPass(batch, tape: Tape(backend: Backend()), observer: trace))
    let tally = trace.total
    #expect(tally.layers.map(\.rows) == [66, 66, 66, 66])
    #expect(tally.layers.map(\.run) == [66, 51, 51, 66])
    #expect(tally.layers.map(\.imageRowsRun) == [0, 45, 45, 0])
    #expect(tally.imageSkipRatio(in: [1, 2]) == 0.25)
    #expect(abs(tally.skipRatio(in: [1, 2]) - 15.0 / 66) < 1e-12)
    // Queries, keys, values, output and MLP of a row, and its scores and sums over the keys it sees.
    let perRow = 2 * 48 * (48 + 24 + 24 + 48 + 3 * 80)
    let pairs = 43 * 44 / 2 + 23 * 24 / 2
    #expect(tally.layers[0].flops == 66 * perRow + 4 * 48 * pairs)
  }

  @Test func damagedRoutersAreNamed() {
    var text = message { tensors, _ in
      tensors[Self.router] = TinyModel.rows(2, seed: 1)
    }
    #expect(text.contains(Self.router) && text.contains("differ"), "\(text)")
    text = message { tensors, _ in
      for name in tensors.keys where name.contains("router") { tensors[name] = nil }
    }
    #expect(text.contains("router.weight"), "\(text)")
    text = message { tensors, _ in tensors["model.layers.3.router.weight"] = tensors[Self.router] }
    #expect(text.contains("model.layers.3.router.weight"), "\(text)")
    text = message { tensors, _ in
      for name in tensors.keys where name.contains("router") {
        tensors[name] = TinyModel.rows(3, seed: 1)
      }
    }
    #expect(text.contains("[2, 48]"), "\(text)")
  }

  @Test(arguments: [
    ("mod_layers_idx", JSONValue.array([1, 4])), ("mod_layers_idx", .array([1, 1])),
    ("mod_layers_idx", "all"), ("capacity_factor", 1.5), ("prefill_threshold", "high"),
    ("prefill_image_skip", -0.5), ("protect", "everything"), ("routed_positions", "packed"),
  ])
  func senselessRoutingIsRefused(_ key: String, _ value: JSONValue) {
    let text = message { _, routing in routing[key] = value }
    #expect(text.contains(key), "\(text)")
  }

  @Test func configurationsAreReadAsTheyAreWritten() throws {
    var configuration = RoutingConfiguration(layers: [3, 1], mode: "arank", capacityFactor: 0.34)
    configuration.routerLossCoefficient = 0.02
    let prefills: [RoutingConfiguration.Prefill] = [
      .threshold(0.005), .imageThreshold(0.37), .imageSkip(0.516),
    ]
    for prefill in prefills {
      for decode in [RoutingConfiguration.Decode.always, .threshold(0.5)] {
        for protection in RoutingConfiguration.Protection.allCases {
          for positions in LayerPlan.Positions.allCases {
            (configuration.prefill, configuration.decode) = (prefill, decode)
            (configuration.protection, configuration.positions) = (protection, positions)
            let text = try JSONValue.object(configuration.json).text()
            let json = try #require(try JSONValue(parsing: Data(text.utf8), file: "config.json").object)
            #expect(try RoutingConfiguration(json, layerCount: 4) == configuration)
          }
        }
      }
    }
    let official = try JSONValue(
      parsing: Data(#"{"mod_enable": true, "mod_mode": true, "mod_layers_idx": [1, 2]}"#.utf8), file: "c"
    ).object
    #expect(
      try RoutingConfiguration(#require(official), layerCount: 4) == RoutingConfiguration(layers: [1, 2]))
  }
}
