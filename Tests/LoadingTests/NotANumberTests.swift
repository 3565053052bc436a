import Checkpoints
import Foundation
import ModelTesting
import Models
import StrictJSON
import Tensors
import Testing

@testable import Loading

/// No model of which a number is none is loaded, whatever the number belongs to.
@Suite struct NotANumberTests {
  /// A copy of a model with one number of a tensor replaced.
  static func damaged(_ source: URL, tensor name: String, in folder: URL) throws -> URL {
    let copy = folder.appendingPathComponent("damaged-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: source, to: copy)
    let weights = copy.appendingPathComponent("model.safetensors")
    let file = try SafetensorsFile(weights)
    var writer = SafetensorsWriter(metadata: file.metadata)
    for other in file.names where other != name { try writer.add(other, copyOf: other, in: file) }
    let tensor = try file.tensor(name)
    var values = tensor.floats()
    values[values.count / 2] = .nan
    try writer.add(name, Tensor(values, shape: tensor.shape))
    try FileManager.default.removeItem(at: weights)
    try writer.write(to: weights)
    return copy
  }

  @Test(arguments: ["gamma-llava-1.5", "gamma-llava-hr", "qwen2-text"], WeightPrecision.choices)
  func everyTensorIsLookedAt(_ name: String, _ precision: WeightPrecision) throws {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("gamma-mod-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = ReferenceCase.folder(name)
    let all = try SafetensorsFile(source.appendingPathComponent("model.safetensors"))
    // One of each kind: embeddings, norms, projections, routers, towers, projectors, heads.
    var kinds: [String: String] = [:]
    for tensor in all.names where all.entries[tensor]?.storedType.isFloatingPoint == true {
      kinds[tensor.filter { !$0.isNumber }] = tensor
    }
    #expect(kinds.count > 10)
    for tensor in kinds.values.sorted() {
      let model = try Self.damaged(source, tensor: tensor, in: folder)
      defer { try? FileManager.default.removeItem(at: model) }
      let error = #expect(throws: (any Error).self, "\(tensor)") {
        try GammaModel.load(model, precision: precision)
      }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(tensor) && text.contains("model.safetensors"), "\(text)")
    }
  }

  @Test func modelsThatBecameNoneAreNotWritten() throws {
    let target = FileManager.default.temporaryDirectory
      .appendingPathComponent("gamma-mod-tests-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: target) }
    for format: ModelFolder.WeightFormat in [.plain(.float32), .plain(.bfloat16), .packed] {
      let model = try TinyModel.dense(seed: 1)
      let parameter = model.decoder.parameters[4]
      var values = parameter.tensor.floats()
      values[3] = .infinity
      parameter.tensor = Tensor(values, shape: parameter.shape)
      let error = #expect(throws: ModelError.self) {
        try ModelFolder.write(model, to: target, format: format, documents: FolderDocuments(target))
      }
      #expect(error?.description.contains(parameter.name) == true)
      #expect(!FileManager.default.fileExists(atPath: target.path))
    }
  }
}
