import Comparing
import Files
import Foundation
import StrictJSON
import Tensors
import Testing

@testable import Checkpoints

@Suite struct AdapterTests {
  private let lora = fixture("checkpoints/lora")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var base: CheckpointFolder {
    get throws { try CheckpointFolder(lora.appendingPathComponent("base")) }
  }

  /// An adapter's folder made here.
  private func adapter(
    _ tensors: [String: Tensor], settings: [String: JSONValue] = [:],
    name: String = "adapter_model.safetensors"
  ) throws -> URL {
    var configuration = JSONObject()
    configuration["peft_type"] = "LORA"
    configuration["r"] = 2
    configuration["lora_alpha"] = 8
    configuration["target_modules"] = ["q_proj", "down_proj"]
    for (key, value) in settings { configuration[key] = value }
    try AtomicFile.write(
      try JSONValue.object(configuration).text(), to: folder.url.appendingPathComponent("adapter_config.json")
    )
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors { try writer.add("base_model.model.\(name)", tensor) }
    try writer.write(to: folder.url.appendingPathComponent(name))
    return folder.url
  }

  private func ramp(_ shape: [Int]) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float($0 % 7) - 3 }, shape: shape)
  }

  private func pair(_ layer: String, a: [Int], b: [Int]) -> [String: Tensor] {
    ["\(layer).lora_A.weight": ramp(a), "\(layer).lora_B.weight": ramp(b)]
  }

  private func expectError(
    _ phrases: String..., at url: URL, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      _ = try base.merging(adapter: url)
    }
    let text = error.map { "\($0)" } ?? ""
    for phrase in phrases { #expect(text.contains(phrase), "\(text)", sourceLocation: sourceLocation) }
  }

  private let query = "model.layers.0.self_attn.q_proj"

  @Test func mergesAsPEFTDoes() throws {
    let merged = try base.merging(adapter: lora.appendingPathComponent("adapter"))
    let expected = try SafetensorsFile(lora.appendingPathComponent("merged.safetensors"))
    #expect(Set(merged.names) == Set(expected.names))
    for name in expected.names {
      let theirs = try expected.tensor(name)
      #expect(try merged.entry(name).shape == theirs.shape && merged.entry(name).name == name)
      #expect(worstDifference(try merged.tensor(name).floats(), theirs.floats()) <= 4e-6, "\(name)")
      let rounded = try merged.tensor(name, as: .bfloat16)
      #expect(rounded.dtype == .bfloat16)
      #expect(rounded.floats() == (try merged.tensor(name)).converted(to: .bfloat16).floats())
    }
    #expect(try merged.json("adapter_config.json").int("r") == 4)
    #expect(try merged.config().string("model_type") == "llama")
    #expect(merged.url == (try base).url)
    #expect(try merged.sideFile("non_lora_trainables")?.names.count == 2)
    #expect(throws: CheckpointError.self) { try merged.tensor("none") }
  }

  /// Products of several blocks of rows, with both kinds of scale and both orders of a stored matrix.
  @Test(arguments: [false, true], [false, true])
  func mergesLargeMatrices(isTransposed: Bool, isStabilised: Bool) throws {
    let (rows, columns, rank) = (1500, 1024, 2)
    let model = try TemporaryFolder()
    var writer = SafetensorsWriter()
    let weight = ramp([rows, columns])
    try writer.add("q_proj.weight", weight)
    try writer.write(to: model.url.appendingPathComponent("model.safetensors"))
    let (inputs, outputs) = isTransposed ? (rows, columns) : (columns, rows)
    let (a, b) = (ramp([rank, inputs]).floats(), ramp([outputs, rank]).floats())
    let url = try adapter(
      pair("q_proj", a: [rank, inputs], b: [outputs, rank]),
      settings: ["fan_in_fan_out": .bool(isTransposed), "use_rslora": .bool(isStabilised)])
    let merged = try CheckpointFolder(model.url).merging(adapter: url).tensor("q_proj.weight").floats()
    let scale: Float = isStabilised ? 8 / Float(2).squareRoot() : 4
    var expected = weight.floats()
    for row in 0..<rows {
      for column in 0..<columns {
        let (input, output) = isTransposed ? (row, column) : (column, row)
        let product = (0..<rank).reduce(Float(0)) { $0 + b[output * rank + $1] * a[$1 * inputs + input] }
        expected[row * columns + column] += scale * product
      }
    }
    #expect(worstDifference(merged, expected) < 1e-4)
  }

  @Test func namesOfTrainingWrappersAreStripped() throws {
    let url = try adapter(pair(query, a: [2, 8], b: [6, 2]))
    var writer = SafetensorsWriter()
    try writer.add("base_model.model.lm_head.weight", ramp([11, 8]))
    try writer.add("base_model.model.model.mm_projector.0.bias", ramp([8]))
    try writer.write(to: url.appendingPathComponent("non_lora_trainables.safetensors"))
    let merged = try base.merging(adapter: url)
    #expect(try merged.tensor("lm_head.weight").floats() == ramp([11, 8]).floats())
    #expect(try merged.tensor("model.mm_projector.0.bias").shape == [8])
    #expect(Set(merged.names) == Set(try base.names + ["model.mm_projector.0.bias"]))
  }

  @Test func adaptersOfPyTorchAndNamedOnesAreRead() throws {
    let url = try adapter([
      "\(query).lora_A.default.weight": ramp([2, 8]), "\(query).lora_B.default.weight": ramp([6, 2]),
      "lm_head.modules_to_save.default.weight": ramp([11, 8]),
      "lm_head.original_module.weight": ramp([11, 8]),
    ])
    #expect(try base.merging(adapter: url).tensor("lm_head.weight").floats() == ramp([11, 8]).floats())
    try FileManager.default.removeItem(at: url.appendingPathComponent("adapter_model.safetensors"))
    expectError("the adapter's weights are missing; add adapter_model.safetensors", at: url)
    _ = try folder.file("adapter_model.bin", [0x80])
    expectError("adapter_model.bin: byte 0", at: url)
  }

  @Test func everythingThatDoesNotFitIsReportedTogether() throws {
    var tensors = pair("model.layers.9.self_attn.q_proj", a: [2, 8], b: [6, 2])
    tensors.merge(pair(query, a: [3, 8], b: [6, 2])) { $1 }
    tensors.merge(pair("model.layers.1.self_attn.q_proj", a: [2, 8], b: [7, 2])) { $1 }
    tensors["model.layers.0.mlp.down_proj.lora_B.weight"] = ramp([8, 2])
    tensors.merge(pair("lm_head", a: [2, 8], b: [11, 2])) { $1 }
    tensors["model.norm.weight"] = ramp([9])
    tensors["model.nothing.weight"] = ramp([9])
    let url = try adapter(tensors, settings: ["modules_to_save": ["embed_tokens"]])
    expectError(
      "the model has no model.layers.9.self_attn.q_proj.weight", "A of rank 3, B of rank 2 and r is 2",
      "model.layers.1.self_attn.q_proj.weight is [6, 8] and its change is [7, 8]",
      "down_proj.weight has B and no A", "lm_head.weight is none of target_modules",
      "model.norm.weight is [8] and what replaces it is [9]", "the model has no model.nothing.weight",
      "modules_to_save names embed_tokens", "Check that it was trained on this model", at: url)
    expectError("only matrices", at: try adapter(pair(query, a: [2, 8, 1], b: [6, 2, 1])))
  }

  @Test func otherAdaptersAreRefusedByName() throws {
    let tensors = pair(query, a: [2, 8], b: [6, 2])
    let cases: [(key: String, value: JSONValue, phrase: String)] = [
      ("peft_type", "PREFIX_TUNING", "the type PREFIX_TUNING are not supported"),
      ("peft_type", "IA3", "the type IA3"), ("peft_type", "ADALORA", "the type ADALORA"),
      ("use_dora", true, "DoRA is not supported"), ("lora_bias", true, "biases of its own"),
      ("rank_pattern", ["q_proj": 4], "rank_pattern: this setting"),
      ("alpha_pattern", ["q_proj": 4], "alpha_pattern"),
      ("layer_replication", [[0, 1]], "layer_replication"),
      ("init_lora_weights", "pissa_niter_4", "pissa_niter_4"),
      ("init_lora_weights", "olora", "olora"), ("r", 0, "must be from 1 to 65536"),
      ("r", "8", "must be an integer"),
      ("lora_alpha", 1e300, "float32 can hold"), ("target_modules", [1], "must be a string"),
    ]
    for (key, value, phrase) in cases {
      expectError(phrase, at: try adapter(tensors, settings: [key: value]))
    }
    expectError("a variant of LoRA", at: try adapter(["\(query).lora_magnitude_vector": ramp([6])]))
    expectError("a variant of LoRA", at: try adapter(["\(query).lora_A.other.weight": ramp([2, 8])]))
    expectError(
      "both change",
      at: try adapter([
        "\(query).lora_A.default.weight": ramp([2, 8]), "\(query).lora_A.weight": ramp([2, 8]),
      ]))
    expectError("there is no such file", at: folder.url.appendingPathComponent("none"))
  }
}
