internal import Answering
internal import Foundation
internal import Images
internal import MixtureOfDepths
internal import Models
internal import Tensors
internal import Tokenization
internal import Wording

/// The model learns to answer as conversations of a file do, with LLaVA's labels.
struct ConversationTask: TrainingTask {
  private let model: VisionLanguageModel
  private let imageProcessor: (any ImageProcessor)?
  private let tokenizer: any TextTokenizer
  private let template: ConversationTemplate
  private let stage: ConversationStage
  private let weighting: RunConfiguration.AnswerWeighting
  private let objective: Objective
  private let training: ShuffledSamples
  private let validation: [InstructionSample]

  /// - Throws: If a file cannot be read, or the model or its template cannot learn from conversations.
  init(_ stage: ConversationStage, _ run: RunConfiguration, model: VisionLanguageModel) throws {
    self.model = model
    self.stage = stage
    tokenizer = try TokenizerFolder.load(run.tokenizer)
    weighting = run.answerWeighting
    objective = Objective(model)
    template = try stage.template.map(ConversationTemplate.named) ?? model.template
    _ = try LabelRule(template)
    imageProcessor = try model.imageProcessor(in: run.model)
    training = ShuffledSamples(try stage.samples(), seed: run.seed)
    validation = try stage.validation.map { try InstructionSample.read($0) } ?? []
  }

  func piece(samples: Range<Int>) throws -> any TrainingPiece {
    try piece(samples.map { training.sample(at: $0) })
  }

  func validate(samples: Range<Int>, tape: Tape) throws -> Measurements {
    let piece = try piece(Array(validation[samples.clamped(to: 0..<validation.count)]))
    return piece.targets > 0 ? try piece.measurements(tape) : Measurements()
  }

  private func piece(_ samples: [InstructionSample]) throws -> PackedPiece {
    var inputs: [ImageInput] = []
    var mismatches = 0
    let prompts = try samples.map { sample -> (Prompt, [Bool]) in
      let text = try LabelledText(
        sample, template: template, tokenizer: tokenizer, maximalLength: stage.maximalLength,
        padID: tokenizer.unkID ?? tokenizer.padID ?? -1
      ).cut()
      if text.mismatch != nil { mismatches += 1 }
      let images = text.ids.contains(VisionLanguageSession.imagePlace) ? try [picture(of: sample)] : []
      guard !images.isEmpty else {
        return (try Prompt(ids: text.ids, imageTokenID: nil, pictures: []), text.isLabel)
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
        "\(stage.data.path): \(long.0.name) takes \(counted(long.1.0.ids.count, "token")) but the model reads at most \(context); lower max_length"
      )
    }
    var notes = Measurements()
    // The share of conversations of which nothing is learnt because their turns do not add up.
    if mismatches > 0 { notes.add("mismatches", Double(mismatches) / Double(samples.count)) }
    return PackedPiece(PackedQuestions(prompts, weighting: weighting), objective, notes: notes) {
      [model, inputs] tape in model.encode(inputs, tape)
    }
  }

  private func picture(of sample: InstructionSample) throws -> ImageInput {
    guard let imageProcessor, let name = sample.image else {
      throw TrainingError(
        "\(stage.data.path): \(sample.name) shows a picture, which a \(model.family) model does not read"
      )
    }
    return try imageProcessor.process(ImageLoader.load(url: stage.images.appending(path: name)))
  }
}
