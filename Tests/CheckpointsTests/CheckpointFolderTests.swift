import Checkpoints
import Files
import Foundation
import StrictJSON
import Tensors
import Testing

@Suite struct CheckpointFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String, _ tensors: [String: [Float]]) throws {
    var writer = SafetensorsWriter()
    for (name, values) in tensors { try writer.add(name, Tensor(values, shape: [values.count])) }
    try writer.write(to: folder.url.appendingPathComponent(name))
  }

  private func writeIndex(_ weightMap: JSONValue) throws {
    let index: JSONValue = ["metadata": ["total_size": 12.0], "weight_map": weightMap]
    try AtomicFile.write(
      try index.text(.pretty), to: folder.url.appendingPathComponent("model.safetensors.index.json"))
  }

  private func expectError(
    _ phrase: String, at url: URL? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      _ = try CheckpointFolder(url ?? folder.url)
    }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(phrase), "\(description)", sourceLocation: sourceLocation)
  }

  @Test func readsASingleFile() throws {
    let model = try CheckpointFolder(fixture("models/llama-text"))
    #expect(try model.config().string("model_type") == "llama")
    #expect(
      model.names.count == (try SafetensorsFile(fixture("models/llama-text/model.safetensors"))).names.count)
    #expect(try model.tensor("model.norm.weight").shape == [48])
    #expect(try model.entry("lm_head.weight").storedType == .float32)
  }

  @Test func readsShards() throws {
    try write("model-1.safetensors", ["a": [1], "c": [3]])
    try write("model-2.safetensors", ["b": [2], "c": [4]])
    try writeIndex(["c": "model-2.safetensors", "a": "model-1.safetensors", "b": "model-2.safetensors"])
    let model = try CheckpointFolder(folder.url)
    #expect(model.names == ["c", "a", "b"])
    #expect(try model.names.map { try model.tensor($0).scalar } == [4, 1, 2])
    #expect(throws: CheckpointError.self) { try model.tensor("d") }
    let config = #expect(throws: CheckpointError.self) { try model.config() }
    #expect(config?.description.contains("holds no config.json") == true)
  }

  @Test func refusesFaultyIndexes() throws {
    try write("model-1.safetensors", ["a": [1]])
    try writeIndex(["a": "model-1.safetensors", "b": "model-3.safetensors", "c": "model-2.safetensors"])
    expectError("2 of 3 weight files are missing: model-2.safetensors, model-3.safetensors")
    try writeIndex(["a": "model-1.safetensors", "b": "model-1.safetensors"])
    expectError("1 tensors are not in the files that weight_map names, such as b in model-1.safetensors")
    for name in ["../model-1.safetensors", "/etc/passwd", "x\\model.safetensors", "..", ""] {
      try writeIndex(["a": .string(name)])
      expectError("names no .safetensors file in this folder")
    }
    try writeIndex(["a": 1])
    expectError("weight_map.a: must be a string")
    try writeIndex([:])
    expectError("weight_map is empty")
  }

  @Test func saysWhatIsMissing() throws {
    expectError("there is no such folder", at: folder.url.appendingPathComponent("none"))
    expectError("the folder holds no weights; add model.safetensors")
    _ = try folder.file("weights.safetensors", [])
    expectError("rename weights.safetensors")
    expectError("name the model's folder", at: folder.url.appendingPathComponent("weights.safetensors"))
    _ = try folder.file("pytorch_model.bin", [])
    expectError("convert its PyTorch weights")
    _ = try folder.file("model.safetensors", [])
    expectError("model.safetensors: the file is empty")
  }
}
