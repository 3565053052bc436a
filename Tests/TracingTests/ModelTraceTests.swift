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
    "mgm-hd", "gamma-mgm-hd", "llava-onevision", "llava-next", "llava-onevision-orig", "internvl",
    "internvl-orig", "fastvlm", "fastvlm-orig", "mistral3", "smolvlm",
    "qwen2.5-vl", "gamma-llava-hr-train-unpadded", "qwen3-vl", "gemma3", "gemma3-text", "lfm2-text",
    "lfm2-vl",
  ]

  private static func comparison(_ name: String, batched: Bool) throws -> TraceComparison {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/\(name)").standardized
    let outputs = FileManager.default.temporaryDirectory
      .appendingPathComponent(
        "\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: outputs) }
    let model = try GammaModel.load(folder)
    let inputs = try TraceInputs(
      contentsOf: folder.appendingPathComponent("inputs.safetensors"), model: model)
    var trace = ModelTrace(model, backend: Backend(threads: 2), measuresRank: true)
    try trace.run(inputs, newTokens: 16, batched: batched, outputs: outputs)

    return try TraceComparison(
      ours: SafetensorsFile(outputs),
      theirs: SafetensorsFile(folder.appendingPathComponent("outputs.safetensors")),
      inputs: SafetensorsFile(folder.appendingPathComponent("inputs.safetensors")))
  }

  @Test(arguments: cases, [false, true]) func everyTensorIsTheOriginals(_ name: String, batched: Bool) throws
  {
    let comparison = try Self.comparison(name, batched: batched)
    for (tensor, fault) in try comparison.faults(of: name) { Issue.record("\(tensor) \(fault)") }
    #expect(try comparison.required(of: name).count >= 9)
  }

  /// Each fault that a port may have, planted in each tensor in turn, is found: what cannot fail proves nothing.
  @Test(arguments: cases) func everyPlantedFaultIsFound(_ name: String) throws {
    let sound = try Self.comparison(name, batched: false)
    var planted: [PlantedFault: Int] = [:]
    for tensor in try sound.required(of: name) {
      for fault in PlantedFault.allCases {
        guard let damaged = fault.planted(in: sound, tensor) else { continue }
        planted[fault, default: 0] += 1
        #expect(damaged.fault(in: tensor) != nil, "\(fault) in \(tensor) is not found")
      }
    }
    for fault in PlantedFault.allCases { #expect(planted[fault, default: 0] >= 6, "\(fault)") }
  }

  @Test(arguments: [500, 1 << 40, Int.max]) func tokensBeyondTheContextAreRefused(_ newTokens: Int) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/llama-text").standardized
    let model = try GammaModel.load(folder)
    let inputs = try TraceInputs(
      contentsOf: folder.appendingPathComponent("inputs.safetensors"), model: model)
    var trace = ModelTrace(model, backend: Backend(), measuresRank: false)
    let error = #expect(throws: AnswerError.self) {
      try trace.run(
        inputs, newTokens: max(newTokens, model.decoder.configuration.contextLength), batched: false,
        outputs: folder.appendingPathComponent("none"))
    }
    #expect(error?.code == .promptTooLong)
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
