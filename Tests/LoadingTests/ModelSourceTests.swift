import Checkpoints
import Comparing
import Foundation
import Models
import StrictJSON
import Tensors
import Testing

@testable import Loading
@testable import MixtureOfDepths

/// Models whose tensors lie in more than one folder.
@Suite final class ModelSourceTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func reference(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/\(name)").standardized
  }

  private func values(_ model: VisionLanguageModel) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: model.storedTensors.map { ($0.name, $0.parameter.tensor.floats()) })
  }

  @Test func anAdapterIsMergedIntoTheModelThatItNames() throws {
    let base = reference("llama-text")
    let name = "model.layers.1.self_attn.q_proj"
    let dense = try GammaModel.load(base)
    let old = try #require(values(dense)["\(name).weight"])
    let width = dense.decoder.configuration.hiddenSize
    let adapter = folder.appendingPathComponent("adapter")
    try FileManager.default.createDirectory(at: adapter, withIntermediateDirectories: true)
    let json =
      #"{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": ["q_proj"], "base_model_name_or_path": "\#(base.path)"}"#
    try Data(json.utf8).write(to: adapter.appendingPathComponent("adapter_config.json"))
    let (a, b) = ((0..<width).map { Float($0) }, (0..<old.count / width).map { Float($0 % 3) })
    var writer = SafetensorsWriter()
    try writer.add("base_model.model.\(name).lora_A.weight", Tensor(a, shape: [1, width]))
    try writer.add("base_model.model.\(name).lora_B.weight", Tensor(b, shape: [b.count, 1]))
    try writer.write(to: adapter.appendingPathComponent("adapter_model.safetensors"))
    let merged = values(try GammaModel.load(adapter))
    let expected = old.indices.map { old[$0] + 2 * b[$0 / width] * a[$0 % width] }
    #expect(worstDifference(merged["\(name).weight"] ?? [], expected) < 1e-4)
    #expect(
      merged.filter { $0.key != "\(name).weight" } == values(dense).filter { $0.key != "\(name).weight" })
    let error = #expect(throws: ModelError.self) {
      try Data(json.replacing(base.path, with: "nowhere/else").utf8).write(
        to: adapter.appendingPathComponent("adapter_config.json"))
      _ = try GammaModel.load(adapter)
    }
    #expect("\(error as Any)".contains("--model-base"))
  }

  @Test func aProjectorReplacesThatOfItsBase() throws {
    let base = reference("llava-orig")
    let stage = folder.appendingPathComponent("stage")
    try FileManager.default.createDirectory(at: stage, withIntermediateDirectories: true)
    let name = "model.mm_projector.2.bias"
    let old = try #require(values(GammaModel.load(base))[name])
    var writer = SafetensorsWriter()
    try writer.add("base.\(name)", Tensor(old.map { $0 + 1 }, shape: [old.count]))
    try writer.write(to: stage.appendingPathComponent("mm_projector.safetensors"))
    #expect(values(try GammaModel.load(ModelPlace(stage, base: base)))[name] == old.map { $0 + 1 })
  }

  @Test func aTowerMayLieInAFolderOfItsOwn() throws {
    let whole = reference("llava-orig")
    let copy = folder.appendingPathComponent("model")
    try FileManager.default.copyItem(at: whole, to: copy)
    let source = try CheckpointFolder(whole)
    let stem = "model.vision_tower.vision_tower."
    var (own, tower) = (SafetensorsWriter(), SafetensorsWriter())
    for name in source.names {
      if name.hasPrefix(stem) {
        try tower.add(String(name.dropFirst(stem.count)), source.tensor(name))
      } else {
        try own.add(name, source.tensor(name))
      }
    }
    try own.write(to: copy.appendingPathComponent("model.safetensors"))
    try tower.write(to: copy.appendingPathComponent("clip/model.safetensors"))
    let (before, after) = (values(try GammaModel.load(whole)), values(try GammaModel.load(copy)))
    #expect(before == after)
    #expect(try GammaInspection(copy).loadingFault == nil)
  }
}
