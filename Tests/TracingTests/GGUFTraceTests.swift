import Checkpoints
import Foundation
import Loading
import MixtureOfDepths
import Models
import Tensors
import Testing

@testable import Answering
@testable import Tracing

/// `trace` of models in llama.cpp's files, against what the original implementations answered with the same weights.
@Suite struct GGUFTraceTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures").standardized

  /// `scripts/make-gguf-fixtures` made them of the models of those names.
  static let cases = [
    "llama-text", "qwen2-text", "qwen3-text", "gemma3-text", "smolvlm", "llava-1.5-hf", "qwen2.5-vl",
    "qwen3-vl",
    "gemma3", "internvl", "mistral3",
  ]

  static func place(_ name: String) -> ModelPlace {
    let folder = fixtures.appendingPathComponent("gguf")
    let projector = folder.appendingPathComponent("\(name).mmproj.gguf")
    let hasProjector = FileManager.default.fileExists(atPath: projector.path)
    return ModelPlace(
      folder.appendingPathComponent("\(name).gguf"), projector: hasProjector ? projector : nil)
  }

  @Test(arguments: cases) func everyTensorIsTheOriginals(_ name: String) throws {
    let folder = Self.fixtures.appendingPathComponent("models/\(name)")
    let outputs = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: outputs) }
    let model = try GammaModel.load(Self.place(name))
    let inputs = try TraceInputs(
      contentsOf: folder.appendingPathComponent("inputs.safetensors"), model: model)
    var trace = ModelTrace(model, backend: Backend(threads: 2), measuresRank: true)
    try trace.run(inputs, newTokens: 16, batched: false, outputs: outputs)
    let comparison = try TraceComparison(
      ours: SafetensorsFile(outputs),
      theirs: SafetensorsFile(folder.appendingPathComponent("outputs.safetensors")),
      inputs: SafetensorsFile(folder.appendingPathComponent("inputs.safetensors")))
    for (tensor, fault) in try comparison.faults(of: name) { Issue.record("\(tensor) \(fault)") }
    #expect(try comparison.required(of: name).count >= 9)
  }

  /// A converted model keeps the blocks of its file, computes what the dense one does where nothing is skipped, and is read back.
  @Test func conversionKeepsBlocks() throws {
    let source = Self.fixtures.appendingPathComponent("gguf/llama-text.gguf")
    let target = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: target) }
    var conversion = ModelConversion()
    conversion.choice = .listed([1, 2])
    let routed = try conversion.convert(source, report: nil, to: target)
    #expect(routed == [1, 2])
    let model = try GammaModel.load(target)
    #expect(model.routing?.layers == [1, 2])
    #expect(FileManager.default.fileExists(atPath: target.appendingPathComponent("tokenizer.json").path))
  }
}
