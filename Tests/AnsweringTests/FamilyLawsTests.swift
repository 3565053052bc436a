import Foundation
import Images
import Loading
import MixtureOfDepths
import Models
import StrictJSON
import Tensors
import Testing

@testable import Answering
@testable import Tracing

/// What holds for every family, whatever its towers and decoders look like.
@Suite struct FamilyLawsTests {
  /// One case per family.
  static let families = [
    "llava-1.5-hf", "llava-orig", "llava-hr", "mgm-hd", "llava-onevision", "llava-next",
    "llava-onevision-orig", "internvl", "internvl-orig", "fastvlm", "fastvlm-orig",
    "mistral3", "smolvlm", "qwen2.5-vl",
    "llama31-text", "mistral-text", "qwen2-text", "qwen3-text", "qwen3-vl", "gemma3", "gemma3-text",
    "lfm2-text", "lfm2-vl",
  ]

  private static func folder(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/models/\(name)").standardized
  }

  private static func prompts(_ name: String, _ model: VisionLanguageModel) throws -> [Prompt] {
    let inputs = try TraceInputs(
      contentsOf: folder(name).appendingPathComponent("inputs.safetensors"), model: model)
    var prompts = inputs.entries.filter { $0.labels == nil }.map(\.prompt)
    // Prompts of other lengths, so that a batch is uneven.
    while prompts.count < 3 {
      let last = prompts[prompts.count - 1]
      prompts.append(
        try Prompt(expanded: last.ids + [7, 8, 9].prefix(prompts.count), images: last.images, model: model))
    }
    return Array(prompts.prefix(3))
  }

  private static func routed(_ model: VisionLanguageModel) throws -> VisionLanguageModel {
    var conversion = ModelConversion()
    conversion.choice = .listed(Array(1..<max(2, model.decoder.layers.count - 1)))
    conversion.skip = 0.5
    return try conversion.apply(to: model, report: nil)
  }

  /// Four tokens of an answer, past any end.
  private static func request(_ prompt: Prompt, maxTokens: Int = 4) -> AnswerRequest {
    var options = AnswerOptions()
    options.maxTokens = maxTokens
    options.ignoresEnd = true
    return AnswerRequest(prompt, options)
  }

  @Test(arguments: families) func aRoutedModelAnswersEachPromptAloneAsInABatch(_ name: String) throws {
    let model = try Self.routed(GammaModel.load(Self.folder(name)))
    let requests = try Self.prompts(name, model).map { Self.request($0) }
    let together = LogitsRecord(model)
    try together.answer(requests)
    for (index, request) in requests.enumerated() {
      let alone = LogitsRecord(model)
      try alone.answer([request])
      #expect(together.worstDifference(index, from: alone, 0) < 1e-4, "prompt \(index)")
    }
  }

  @Test(arguments: families) func keysAndValuesAreKeptOfTheRowsThatRan(_ name: String) throws {
    let model = try Self.routed(GammaModel.load(Self.folder(name)))
    let prompt = try Self.prompts(name, model)[0]
    let answer = try LogitsRecord(model).answer([Self.request(prompt, maxTokens: 0)])[0]
    let configuration = model.decoder.configuration
    let skipped = prompt.pictures.reduce(0) { $0 + $1.rowCount / 2 }
    // Two numbers of four bytes per row and column: a key and a value, or the halves of a convolution's row.
    let rowBytes = model.decoder.layers.map { layer in
      configuration.convolution?.layers[layer.index] == true
        ? configuration.hiddenSize * 4 : configuration.keyValueHeads * configuration.headWidth * 8
    }
    let bytes = model.decoder.layers.reduce(0) { total, layer in
      let isRouted = model.routing?.layers.contains(layer.index) == true
      return total + (prompt.ids.count - (isRouted ? skipped : 0)) * rowBytes[layer.index]
    }
    #expect(answer.cacheBytes == bytes)
    #expect(answer.denseCacheBytes == prompt.ids.count * rowBytes.reduce(0, +))
  }

  /// The rows of a picture are the same to the bit whether they are encoded or remembered, and another picture's are not.
  @Test(arguments: families) func aPictureThatIsRememberedGivesTheSame(_ name: String) throws {
    let model = try Self.routed(GammaModel.load(Self.folder(name)))
    let remembering = LogitsRecord(model)
    for prompt in try Self.prompts(name, model).flatMap({ [$0, $0] }) {
      let forgetful = LogitsRecord(model)
      var options = AnswerOptions()
      options.maxTokens = 2
      options.sharesRows = false
      try remembering.answer([AnswerRequest(prompt, options)])
      try forgetful.answer([AnswerRequest(prompt, options)])
      #expect(remembering.logits.last == forgetful.logits.last)
    }
    guard let input = try Self.prompts(name, model).lazy.flatMap(\.images).first else { return }
    func key(_ input: ImageInput) -> PictureKey? {
      PictureKey(PromptPicture(content: .input(input), rowCount: 1))
    }
    func with(_ pixels: [Float]) -> ImageInput {
      ImageInput(
        pixels: Tensor(pixels, shape: input.pixels.shape), detail: input.detail, mask: input.mask,
        originalSize: input.originalSize, grid: input.grid, viewGrids: input.viewGrids)
    }
    let copy = with(input.pixels.floats())
    let other = with(input.pixels.floats().map { $0 * 0.5 })
    #expect(key(copy) == key(input) && key(other) != key(input))
  }

  @Test(arguments: families) func whatIsWrittenIsReadBack(_ name: String) throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: copy) }
    let model = try GammaModel.load(Self.folder(name))
    try ModelFolder.write(
      model, to: copy, format: .plain(.float32), documents: FolderDocuments(Self.folder(name)))
    let again = try GammaModel.load(copy)
    let (before, after) = (model.storedTensors, again.storedTensors)
    #expect(before.map(\.name) == after.map(\.name))
    for (old, new) in zip(before, after) {
      #expect(old.parameter.tensor.shape == new.parameter.tensor.shape)
      #expect(old.parameter.tensor.floats() == new.parameter.tensor.floats(), "\(old.name)")
    }
  }

  @Test(arguments: families, PackedMatrix.Format.made) func whatIsQuantizedIsReadBack(
    _ name: String, _ format: PackedMatrix.Format
  ) throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: copy) }
    try ModelQuantization.quantize(Self.folder(name), format: format, to: copy)
    let expected = try GammaModel.load(Self.folder(name), precision: format == .int8 ? .int8 : .int4)
    let stored = try GammaModel.load(copy)
    #expect(stored.routing == expected.routing)
    #expect(expected.storedTensors.map(\.name) == stored.storedTensors.map(\.name))
    for (old, new) in zip(expected.storedTensors, stored.storedTensors) {
      #expect(old.parameter.tensor.floats() == new.parameter.tensor.floats(), "\(old.name)")
    }
    #expect(expected.parameters.map(\.precision) == stored.parameters.map(\.precision))
    #expect(try GammaInspection(copy).model.reason == nil)
    #expect(throws: ModelError.self) {
      try ModelQuantization.quantize(copy, format: format, to: copy.appendingPathComponent("."))
    }
  }
}
