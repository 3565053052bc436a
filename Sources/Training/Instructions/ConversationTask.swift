internal import Foundation
internal import Generation
internal import Images
internal import MixtureOfDepths
internal import Models
internal import Synchronization
internal import Tensors
internal import Tokenization

/// The model learns to answer as conversations of a file do, with LLaVA's labels.
struct ConversationTask: TrainingTask {
  private let model: VisionLanguageModel
  private let imageProcessor: (any ImageProcessor)?
  private let tokenizer: any TextTokenizer
  private let template: ConversationTemplate
  private let conversations: RunConfiguration.Conversations
  private let weighting: RunConfiguration.AnswerWeighting
  private let routerCoefficient: Double
  private let training: ShuffledSamples
  private let validation: [InstructionSample]

  /// - Throws: If a file cannot be read, or the model or its template cannot learn from conversations.
  init(_ run: RunConfiguration, model: VisionLanguageModel, tokenizer: any TextTokenizer) throws {
    guard let conversations = run.conversations else { throw TrainingError("the run names no data") }
    self.model = model
    self.tokenizer = tokenizer
    self.conversations = conversations
    weighting = run.answerWeighting
    routerCoefficient = model.routing?.routerLossCoefficient ?? 0
    template = try conversations.template.map(ConversationTemplate.named) ?? model.template
    _ = try LabelledText.Rule(template)
    let isStored = run.model.pathExtension != "json"
    imageProcessor = try model.imageProcessor(in: isStored ? run.model : run.tokenizer)
    training = ShuffledSamples(try InstructionSample.read(conversations.data), seed: run.seed)
    validation = try conversations.validation.map { try InstructionSample.read($0) } ?? []
  }

  var ownParameters: [Parameter] { [] }

  func piece(pictures: Range<Int>) throws -> any TrainingPiece {
    try piece(pictures.map { training.sample(at: $0) })
  }

  func validate(pictures: Range<Int>, tape: Tape) throws -> Measurements {
    let piece = try piece(Array(validation[pictures.clamped(to: 0..<validation.count)]))
    guard piece.targets > 0 else { return Measurements() }
    return try piece.loss(targets: piece.targets, share: 1, tape: tape).1
  }

  private func piece(_ samples: [InstructionSample]) throws -> ConversationPiece {
    var inputs: [ImageInput] = []
    var mismatches = 0
    let prompts = try samples.map { sample -> (Prompt, [Bool]) in
      let text = try LabelledText(
        sample, template: template, tokenizer: tokenizer, maximalLength: conversations.maximalLength,
        padID: tokenizer.unkID ?? tokenizer.padID ?? -1
      ).cut()
      if text.mismatch != nil { mismatches += 1 }
      let images = text.ids.contains(VisionLanguageSession.imagePlace) ? try [picture(of: sample)] : []
      guard !images.isEmpty else {
        return (Prompt(ids: text.ids, imageTokenID: model.imageTokenID, images: []), text.isLabel)
      }
      let prompt = try Prompt(
        marked: text.ids, mark: VisionLanguageSession.imagePlace, images: images, model: model)
      inputs += prompt.images
      // The rows of a picture stand in place of its mark.
      let rows = prompt.ids.count - text.ids.count + 1
      let isLabel = zip(text.ids, text.isLabel).flatMap { id, isLabel in
        id == VisionLanguageSession.imagePlace ? [Bool](repeating: false, count: rows) : [isLabel]
      }
      return (prompt, isLabel)
    }
    let context = model.decoder.configuration.contextLength
    if let long = zip(samples, prompts).first(where: { $1.0.ids.count > context }) {
      throw TrainingError(
        "\(conversations.data.path): \(long.0.name) takes \(long.1.0.ids.count) tokens but the model reads at most \(context); lower max_length"
      )
    }
    return ConversationPiece(
      model: model, routerCoefficient: routerCoefficient, inputs: inputs,
      mismatchShare: Double(mismatches) / Double(max(1, samples.count)),
      packed: PackedQuestions(prompts, weighting: weighting))
  }

  private func picture(of sample: InstructionSample) throws -> ImageInput {
    guard let imageProcessor, let name = sample.image else {
      throw TrainingError(
        "\(conversations.data.path): \(sample.name) shows a picture, which a \(model.family) model does not read"
      )
    }
    return try imageProcessor.process(ImageLoader.load(url: conversations.images.appending(path: name)))
  }
}

private struct ConversationPiece: TrainingPiece {
  let model: VisionLanguageModel
  let routerCoefficient: Double
  let inputs: [ImageInput]
  /// The share of conversations of which nothing is learnt because their turns do not add up.
  let mismatchShare: Double
  let packed: PackedQuestions

  var targets: Double { packed.targetWeight }
  var rows: Int { packed.batch.rowCount }

  func loss(targets total: Double, share: Double, tape: Tape) throws -> (Value, Measurements) {
    let pass = DecoderPass(packed.batch, tape: tape)
    let imageRows = inputs.isEmpty ? nil : model.encode(inputs, tape)
    let hidden = model.decoder.forward(packed.embed(model.decoder, imageRows: imageRows, tape), pass)
    let (loss, measured) = packed.loss(
      hidden, decoder: model.decoder, pass: pass, routerCoefficient: routerCoefficient, targets: total,
      share: share)
    var numbers = measured
    if mismatchShare > 0 { numbers.add("mismatches", mismatchShare) }
    return (loss, numbers)
  }
}

/// Samples in an order that is another one each time round, and follows from a seed.
private final class ShuffledSamples: Sendable {
  private let samples: [InstructionSample]
  private let seed: UInt64
  private let order = Mutex<(round: Int, places: [Int])>((-1, []))

  init(_ samples: [InstructionSample], seed: UInt64) {
    self.samples = samples
    self.seed = seed
  }

  func sample(at place: Int) -> InstructionSample {
    let (round, index) = place.quotientAndRemainder(dividingBy: samples.count)
    return order.withLock { order in
      if order.round != round { order = (round, Self.shuffled(samples.count, seed: seed, round: round)) }
      return samples[order.places[index]]
    }
  }

  /// Fisher and Yates' shuffle.
  private static func shuffled(_ count: Int, seed: UInt64, round: Int) -> [Int] {
    var numbers = NormalNumbers(seed: seed &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15)
    var places = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      places.swapAt(last, min(last, Int(numbers.uniform() * Double(last + 1))))
    }
    return places
  }
}
