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
    try write("model-1.safetensors", ["a": [1]])
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
    expectError("of 3 weight files 2 are missing: model-2.safetensors, model-3.safetensors")
    try writeIndex(["a": "model-1.safetensors", "b": "model-1.safetensors"])
    expectError("1 tensor is not in the files that weight_map names, such as b in model-1.safetensors")
    for name in ["../model-1.safetensors", "/etc/passwd", "x\\model.safetensors", "..", ""] {
      try writeIndex(["a": .string(name)])
      expectError("names no .safetensors file in this folder")
    }
    try writeIndex(["a": 1])
    expectError("weight_map.a: must be a string")
    try writeIndex([:])
    expectError("weight_map is empty")
  }

  @Test func reportsAllFaultsOfShardsTogether() throws {
    try write("model-1.safetensors", ["a": [1], "twice": [3]])
    try write("model-2.safetensors", ["b": [2], "twice": [4]])
    try writeIndex([
      "a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors",
      "d": "model-3.safetensors", "e": "model-2.safetensors",
    ])
    expectError(
      "of 3 weight files 1 is missing: model-3.safetensors. 2 tensors are not in the files that weight_map names, "
        + "such as c in model-1.safetensors, e in model-2.safetensors. 1 tensor is in several files, such as twice "
        + "in model-1.safetensors and model-2.safetensors. Download index and files again")
  }

  @Test func readsShardsOfPyTorch() throws {
    let sharded = fixture("checkpoints/sharded")
    let model = try CheckpointFolder(sharded)
    let found = try SafetensorsFile(sharded.appendingPathComponent("found.safetensors"))
    #expect(model.names == ["model.a.weight", "model.c.weight", "model.b.weight"])
    for name in model.names {
      #expect(try model.entry(name).storedType == found.entry(name).storedType)
      #expect(try model.entry(name).shape == [4, 3])
      for dtype in DType.allCases {
        #expect(try model.tensor(name, as: dtype).floats() == found.tensor(name, as: dtype).floats())
      }
    }
    #expect(try model.config().string("model_type") == "llama")
    #expect(throws: CheckpointError.self) { try model.tensor("model.d.weight") }
  }

  @Test func prefersSafetensors() throws {
    let pickled = try Data(contentsOf: fixture("checkpoints/small.bin"))
    _ = try folder.file("pytorch_model.bin", pickled)
    #expect(try CheckpointFolder(folder.url).tensor("a").floats() == [1, 2])
    try write("model-1.safetensors", ["a": [3]])
    try writeIndex(["a": "model-1.safetensors"])
    #expect(try CheckpointFolder(folder.url).tensor("a").floats() == [3])
    try write("model.safetensors", ["a": [4]])
    #expect(try CheckpointFolder(folder.url).tensor("a").floats() == [4])
  }

  @Test func pyTorchIndexesNameFilesOfPyTorchOnly() throws {
    for name in ["model-1.safetensors", "../pytorch_model-1.bin"] {
      let index: JSONValue = ["weight_map": ["a": .string(name)]]
      try AtomicFile.write(
        try index.text(.pretty), to: folder.url.appendingPathComponent("pytorch_model.bin.index.json"))
      expectError("names no .bin file in this folder")
    }
  }

  @Test func addsPartsOfAModel() throws {
    try write("model.safetensors", ["a": [3], "b": [4]])
    let model = try CheckpointFolder(folder.url)
    #expect(try model.sideFile("mm_projector") == nil)
    _ = try folder.file("mm_projector.bin", try Data(contentsOf: fixture("checkpoints/small.bin")))
    let part = try #require(try model.sideFile("mm_projector"))
    #expect(part.names == ["a"])
    let whole = try model.adding(part) { "model.mm_projector.\($0)" }
    #expect(Set(whole.names) == ["a", "b", "model.mm_projector.a"])
    #expect(try whole.tensor("model.mm_projector.a").floats() == [1, 2])
    #expect(try whole.entry("model.mm_projector.a").name == "model.mm_projector.a")
    #expect(try whole.tensor("a").floats() == [3])
    let replaced = try model.adding(part)
    #expect(Set(replaced.names) == ["a", "b"] && replaced.names.count == 2)
    #expect(try replaced.tensor("a").floats() == [1, 2])
    try write("mm_projector.safetensors", ["p": [5]])
    #expect(try model.sideFile("mm_projector")?.names == ["p"])
    #expect(throws: CheckpointError.self) { try model.adding(model) { _ in "same" } }
  }

  @Test func saysWhatIsMissing() throws {
    expectError("there is no such folder", at: folder.url.appendingPathComponent("none"))
    expectError("the folder holds no weights; add model.safetensors")
    let other = try folder.file("weights.pth", [])
    expectError("rename weights.pth to pytorch_model.bin")
    try FileManager.default.removeItem(at: other)
    let part = try folder.file("mm_projector.bin", [])
    expectError("it holds a part of a model")
    try FileManager.default.removeItem(at: part)
    let adapter = try folder.file("adapter_config.json", [])
    expectError("it holds an adapter")
    try FileManager.default.removeItem(at: adapter)
    _ = try folder.file("weights.safetensors", [])
    expectError("rename weights.safetensors")
    expectError("name the model's folder", at: folder.url.appendingPathComponent("weights.safetensors"))
    _ = try folder.file("pytorch_model.bin", [])
    expectError("pytorch_model.bin: the file is empty")
    _ = try folder.file("model.safetensors", [])
    expectError("model.safetensors: the file is empty")
  }
}
