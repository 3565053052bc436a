import Foundation
import Images
import MixtureOfDepths
import Models
import StrictJSON
import Testing

@testable import Generation
@testable import Tensors

/// What holds for every family, whatever its towers and decoders look like.
@Suite struct FamilyLawsTests {
  /// One case per family.
  static let families = [
    "llava-1.5-hf", "llava-orig", "llava-hr", "mgm-hd", "llava-onevision", "smolvlm", "qwen2.5-vl",
    "llama31-text", "mistral-text", "qwen2-text", "qwen3-text",
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

  @Test(arguments: families) func aRoutedModelAnswersEachPromptAloneAsInABatch(_ name: String) throws {
    let model = try Self.routed(GammaModel.load(Self.folder(name)))
    let prompts = try Self.prompts(name, model)
    let together = SequenceBatch(model, backend: Backend(), count: prompts.count)
    let logits = try together.read(prompts).logits.tensor
    let next = try together.advance(prompts.indices.map { (sequence: $0, id: 5) }).tensor
    for (index, prompt) in prompts.enumerated() {
      let alone = SequenceBatch(model, backend: Backend(), count: 1)
      let own = try alone.read([prompt]).logits.tensor
      #expect(Self.difference(logits.rows(index..<index + 1), own) < 1e-4, "prompt \(index)")
      let ownNext = try alone.advance([(sequence: 0, id: 5)]).tensor
      #expect(Self.difference(next.rows(index..<index + 1), ownNext) < 1e-4, "prompt \(index)")
    }
  }

  @Test(arguments: families) func keysAndValuesAreKeptOfTheRowsThatRan(_ name: String) throws {
    let model = try Self.routed(GammaModel.load(Self.folder(name)))
    let prompt = try Self.prompts(name, model)[0]
    let batch = SequenceBatch(model, backend: Backend(), count: 1)
    try batch.read([prompt])
    let configuration = model.decoder.configuration
    let skipped = prompt.imageRows / 2
    let rows = model.decoder.layers.reduce(0) { total, layer in
      total + prompt.ids.count - (model.routing?.layers.contains(layer.index) == true ? skipped : 0)
    }
    // Two numbers of four bytes per row and column: a key and a value.
    #expect(batch.cacheBytes == rows * configuration.keyValueHeads * configuration.headWidth * 8)
  }

  @Test(arguments: families) func aPictureThatIsRememberedGivesTheSame(_ name: String) throws {
    let model = try Self.routed(GammaModel.load(Self.folder(name)))
    let memory = PictureMemory()
    for prompt in try Self.prompts(name, model).flatMap({ [$0, $0] }) {
      let remembering = SequenceBatch(model, backend: Backend(), count: 1, pictures: memory)
      let forgetful = SequenceBatch(model, backend: Backend(), count: 1)
      #expect(
        try remembering.read([prompt]).logits.tensor.floats()
          == forgetful.read([prompt]).logits.tensor.floats())
    }
    guard let input = try Self.prompts(name, model).lazy.flatMap(\.images).first else { return }
    // The same numbers in other memory are the same picture, other numbers are another one.
    func rows(_ input: ImageInput) -> Tensor? {
      model.encode([input], Tape(backend: Backend()), memory: memory)?.tensor
    }
    func with(_ pixels: [Float]) -> ImageInput {
      ImageInput(
        pixels: Tensor(pixels, shape: input.pixels.shape), detail: input.detail, mask: input.mask,
        originalSize: input.originalSize, grid: input.grid)
    }
    let copy = with(input.pixels.floats())
    let other = with(input.pixels.floats().map { $0 * 0.5 })
    let first = rows(input)
    #expect(first != nil && rows(copy)?.storage === first?.storage)
    #expect(rows(other)?.floats() != first?.floats())
    #expect(rows(input)?.floats() == first?.floats())
  }

  @Test(arguments: families) func whatIsWrittenIsReadBack(_ name: String) throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: copy) }
    let model = try GammaModel.load(Self.folder(name))
    try ModelFolder.write(model, to: copy, format: .plain(.float32), tokenizer: Self.folder(name))
    let again = try GammaModel.load(copy)
    let (before, after) = (model.storedTensors, again.storedTensors)
    #expect(before.map(\.name) == after.map(\.name))
    for (old, new) in zip(before, after) {
      #expect(old.parameter.tensor.shape == new.parameter.tensor.shape)
      #expect(old.parameter.tensor.floats() == new.parameter.tensor.floats(), "\(old.name)")
    }
  }

  @Test(arguments: families, PackedMatrix.Format.allCases) func whatIsQuantizedIsReadBack(
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

  private static func difference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a.floats(), b.floats()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}
