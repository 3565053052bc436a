internal import Answering
internal import Foundation
internal import Images
internal import MixtureOfDepths
internal import Models
internal import StrictJSON
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
  /// What is known of the samples before any is learnt.
  private let remarks: [String]

  /// - Throws: If a file cannot be read, or the model or its template cannot learn from conversations.
  init(_ stage: ConversationStage, _ run: RunConfiguration, model: VisionLanguageModel) throws {
    self.model = model
    self.stage = stage
    tokenizer = try TokenizerFolder.load(run.tokenizer)
    weighting = run.answerWeighting
    objective = Objective(model)
    template = try stage.template.map(ConversationTemplate.named) ?? model.template
    _ = try LabelRule(template)
    imageProcessor = try model.imageProcessor(FolderDocuments(run.model))
    let samples = try Self.checked(stage.samples(), of: stage.data)
    training = ShuffledSamples(samples, seed: run.seed)
    validation = try stage.validation.map { try Self.checked(InstructionSample.read($0), of: $0) } ?? []
    remarks =
      [(stage.data, samples), (stage.validation ?? stage.data, validation)].compactMap(Self.unusedPictures)
      + template.faults(with: tokenizer)
  }

  /// A word about pictures that no turn shows; nil if each is shown.
  private static func unusedPictures(_ file: URL, _ samples: [InstructionSample]) -> String? {
    let hidden = samples.filter(\.hidesPicture)
    return hidden.first.map {
      "\(file.path): the pictures of \(hidden.count) of \(counted(samples.count, "sample")) are not used, because no turn shows them by \(PromptText.pictureMark); the first is that of \($0.name)"
    }
  }

  private static func checked(_ samples: [InstructionSample], of file: URL) throws -> [InstructionSample] {
    for sample in samples { try sample.requirePicture(of: file) }
    return samples
  }

  /// So many of the next samples are looked at before the run.
  private static let surveyed = 64

  func notices(before first: Int) throws -> [String] {
    var survey = LabelSurvey(template: template.name, maximalLength: stage.maximalLength)
    for place in first..<first + min(Self.surveyed, training.count) {
      let sample = training.sample(at: place)
      survey.add(sample, try labelled(sample))
    }
    guard let fault = survey.fault(in: stage.data) else { return remarks }
    guard survey.teachesNothing else { return remarks + [fault] }
    throw TrainingError((remarks + [fault]).joined(separator: "; "))
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
    var (mismatches, untaught) = (0, 0)
    let prompts = try samples.map { sample -> (Prompt, [Bool]) in
      let whole = try labelled(sample)
      let text = whole.cut()
      if text.mismatch != nil { mismatches += 1 }
      if !text.isLabel.contains(true) { untaught += 1 }
      let images = text.ids.contains(VisionLanguageSession.imagePlace) ? try [picture(of: sample)] : []
      guard !images.isEmpty else {
        return (try Prompt(ids: text.ids, imageTokenID: nil, pictures: []), text.isLabel)
      }
      let prompt: Prompt
      do {
        prompt = try Prompt(
          marked: text.ids, mark: VisionLanguageSession.imagePlace, images: images, model: model)
      } catch {
        throw TrainingError("\(stage.data.path): \(sample.name): \(error)")
      }
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
    // The share of conversations of which nothing is learnt because their turns do not add up, or for any reason.
    if mismatches > 0 { notes.add("mismatches", Double(mismatches) / Double(samples.count)) }
    if untaught > 0 { notes.add("untaught", Double(untaught) / Double(samples.count)) }
    return try PackedPiece(PackedQuestions(prompts, weighting: weighting), objective, notes: notes) {
      [model, inputs] tape in model.encode(inputs, tape)
    }
  }

  /// The ids and labels of a sample, before it is cut.
  private func labelled(_ sample: InstructionSample) throws -> LabelledText {
    let text = try LabelledText(
      sample, template: template, tokenizer: tokenizer, maximalLength: stage.maximalLength,
      padID: tokenizer.unkID ?? tokenizer.padID ?? -1)
    let vocabulary = model.decoder.configuration.vocabularySize
    let wrong = text.ids.first { $0 != VisionLanguageSession.imagePlace && !(0..<vocabulary).contains($0) }
    if let wrong {
      throw TrainingError.outside(vocabulary, token: wrong, of: "\(stage.data.path): \(sample.name)")
    }
    return text
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
