import Checkpoints
import Foundation
import Loading
import MixtureOfDepths
import Models
import Tensors
import Testing

@testable import Answering
@testable import Tracing

/// `trace` against what the original implementations answered.
@Suite struct ModelTraceTests {
  static let cases = [
    "llava-1.5-hf", "llava-1.5-hf-legacy-names", "llava-1.5-hf-module-names", "llama-text", "gamma-llava-1.5",
    "llama31-text", "mistral-text", "qwen2-text", "qwen3-text", "llava-orig", "llava-hr", "gamma-llava-hr",
    "mgm-hd", "gamma-mgm-hd", "llava-onevision", "smolvlm", "qwen2.5-vl", "gamma-llava-hr-train-unpadded",
  ]

  @Test(arguments: cases, [false, true]) func everyTensorIsTheOriginals(_ name: String, batched: Bool) throws
  {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/\(name)").standardized
    let outputs = FileManager.default.temporaryDirectory
      .appendingPathComponent(
        "trace-\(name)-\(batched)-\(ProcessInfo.processInfo.processIdentifier).safetensors")
    defer { try? FileManager.default.removeItem(at: outputs) }
    let model = try GammaModel.load(folder)
    let inputs = try TraceInputs(
      contentsOf: folder.appendingPathComponent("inputs.safetensors"), model: model)
    var trace = ModelTrace(model, backend: Backend(threads: 2), measuresRank: true)
    try trace.run(inputs, newTokens: 16, batched: batched, outputs: outputs)

    let ours = try SafetensorsFile(outputs)
    let theirs = try SafetensorsFile(folder.appendingPathComponent("outputs.safetensors"))
    let shared = ours.names.filter { theirs.entries[$0] != nil }
    let wanted =
      name.hasPrefix("gamma-llava-hr-train")
      ? ["logits", "inputs_embeds", "loss.total", "grad.router.weight"]
      : ["logits", "generate.ids", "hidden.0", "inputs_embeds"]
    for tensor in wanted { #expect(shared.contains(tensor), "\(tensor) is missing") }
    for name in shared {
      if ours.entries[name]?.storedType == .int64 {
        #expect(try ours.int64s(name) == theirs.int64s(name), "\(name) differs")
        continue
      }
      let tolerance: Float = name.contains("logits") ? 1e-3 : 2e-4
      let (our, their) = (try ours.floats(name), try theirs.floats(name))
      #expect(our.count == their.count, "\(name) differs in size")
      // The originals also answer at places of padding, where nothing is defined.
      let worst = zip(our, their).map { $0 == 0 ? 0 : abs($0 - $1) }.max() ?? 0
      #expect(worst <= tolerance, "\(name) is off by \(worst)")
    }
  }

  @Test func aPromptWithoutItsPictureIsRefused() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/llava-1.5-hf-legacy-names").standardized
    let model = try GammaModel.load(folder)
    #expect(throws: AnswerError.self) {
      try Prompt(
        expanded: [1, 5] + [Int](repeating: model.imageTokenID ?? 0, count: 16), images: [], model: model)
    }
  }

  /// The second label would be a token of the vocabulary if its upper half were cut off.
  @Test(arguments: [1 << 20, 1 << 32 + 5, -100]) func labelsThatCannotBeLearntAreRefused(_ label: Int) throws
  {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/gamma-llava-hr-train-unpadded").standardized
    let model = try GammaModel.load(folder)
    let entry = TraceInputs.Entry(
      prefix: "", prompt: try Prompt(ids: [1, 5, 6], imageTokenID: nil, pictures: []), batchIndex: 0,
      batchSize: 1, length: 3, places: [0, 1, 2], labels: [-100, label, -100])
    var writer = TraceWriter()
    #expect(throws: AnswerError.self) {
      try TrainingTrace(model, backend: Backend()).run([entry], prefix: "", into: &writer)
    }
  }
}
