internal import Checkpoints
internal import Foundation
internal import Generation
internal import MixtureOfDepths
internal import Models
internal import PocketWorld
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// From a run file to a trained model.
package enum TrainingRun {
  /// Trains and writes the model into `output/model`.
  /// - Parameters:
  ///   - resume: Go on from the state in `output`, if there is one.
  ///   - threads: Pieces of a step that are computed at the same time; results do not depend on it.
  ///   - shouldStop: Asked after every step; true ends the run early with its state saved and no model written.
  ///   - report: Receives progress lines.
  /// - Returns: The time of the steps, without reading and writing models.
  @discardableResult
  package static func run(
    _ run: RunConfiguration, resume: Bool, threads: Int, shouldStop: () -> Bool = { false },
    report: @escaping (String) -> Void
  ) throws -> Duration {
    let model = try startingModel(run)
    let tokenizer = try TokenizerFolder.load(run.tokenizer)
    let training = WorldExamples(
      seed: run.worldSeed, split: .train, rounds: run.questionRounds, extra: run.extraQuestions,
      bareShare: run.bareQuestionShare, mostQuestions: run.questionsPerPicture, practises: run.practice,
      tokenizer: tokenizer)
    let validation = WorldExamples(
      seed: run.worldSeed, split: .val, rounds: 1, practises: false, tokenizer: tokenizer)
    let width = model.decoder.configuration.hiddenSize
    let task: any TrainingTask
    var fixedTables: [Parameter] = []
    switch run.stage {
    case .symbols:
      let tables = SymbolTables(width: width, from: RandomParameters(seed: run.seed))
      tables.copyWords(from: model.decoder, tokenizer: tokenizer)
      task = SymbolTask(
        decoder: model.decoder, tables: tables, training: training, validation: validation,
        imageRowCounts: run.imageRowCounts, weighting: run.answerWeighting, seed: run.seed)
    case .patches:
      let images = try imageEncoder(model)
      let tables = try run.initialDecoder.map { try symbolTables($0, width: width) }
      fixedTables = tables?.parameters ?? []
      let heads = RandomParameters(seed: run.seed)
      let outputs = PatchTask.lessons.reduce(0) { $0 + $1.count }
      task = PatchTask(
        images: images,
        heads: heads.parameter(
          "patches.heads.weight", [outputs, images.featureWidth], initial: .normal(deviation: 0.02)),
        headBias: heads.parameter("patches.heads.bias", [outputs], initial: .constant(0)), tables: tables,
        training: training, validation: validation)
    case .instruct where run.conversations != nil:
      task = try ConversationTask(run, model: model, tokenizer: tokenizer)
    case .instruct:
      guard let images = model.images else {
        throw TrainingError("this stage learns from pictures, which a \(model.family) model does not read")
      }
      let isStored = run.model.pathExtension != "json"
      task = InstructTask(
        model: model, images: images,
        imageProcessor: images is any SquareImageEncoder || !isStored
          ? nil : try model.imageProcessor(in: run.model),
        routerCoefficient: model.routing?.routerLossCoefficient ?? 0, weighting: run.answerWeighting,
        training: training,
        validation: validation)
    }
    let changes = run.lowRank.map { LowRankTuning(model, $0, seed: run.seed) }
    let learnt = learntParameters(run, model, changes) + task.ownParameters
    let trainer = try Trainer(
      run, task: task, learnt: learnt,
      all: model.parameters + (changes?.parameters ?? []) + task.ownParameters + fixedTables,
      threads: threads,
      resume: resume, report: report)
    let time = try ContinuousClock().measure { try trainer.train(shouldStop: shouldStop) }
    guard trainer.steps == run.steps else { return time }
    if let changes {
      try changes.writeAdapter(
        to: run.output.appendingPathComponent("adapter"), base: run.model, replacing: model.routers)
      changes.merge()
    }
    try ModelFolder.write(
      model, to: run.output.appendingPathComponent("model"), format: .plain(.bfloat16),
      tokenizer: run.tokenizer)
    if !task.ownParameters.isEmpty {
      var writer = SafetensorsWriter()
      for parameter in task.ownParameters { try writer.add(parameter.name, parameter.tensor) }
      try writer.write(to: run.output.appendingPathComponent(stageFile))
    }
    report("wrote \(run.output.appendingPathComponent("model").path)")
    return time
  }

  /// What a stage learns besides the model, for the stages behind it.
  private static let stageFile = "stage.safetensors"

  private static func learntParameters(
    _ run: RunConfiguration, _ model: VisionLanguageModel, _ changes: LowRankTuning?
  ) -> [Parameter] {
    let routers = model.routers
    var result: [Parameter] = []
    if run.trainable.contains(.tower), run.stage != .symbols { result += model.images?.towerParameters ?? [] }
    if run.trainable.contains(.projector), run.stage != .symbols {
      result += model.images?.projectorParameters ?? []
    }
    if let changes {
      result += changes.parameters
    } else if run.trainable.contains(.decoder), run.stage != .patches {
      result += model.decoder.parameters.filter { parameter in
        !routers.contains { $0 === parameter }
      }
    }
    if run.trainable.contains(.router), run.stage == .instruct { result += routers }
    return result
  }

  private static func imageEncoder(_ model: VisionLanguageModel) throws -> any SquareImageEncoder {
    guard let images = model.images as? any SquareImageEncoder else {
      throw TrainingError(
        "this stage learns from square pictures, which a \(model.family) model does not read")
    }
    return images
  }

  /// A stored model in float32, or new weights where `model` is only a configuration.
  private static func startingModel(_ run: RunConfiguration) throws -> VisionLanguageModel {
    guard run.model.pathExtension == "json" else { return try GammaModel.load(run.model) }
    let tokenizer = try TokenizerFolder.load(run.tokenizer)
    let model = try ModelRegistry.standard.random(JSONObject.read(contentsOf: run.model), seed: run.seed)
    MimeticInitialization.apply(to: model.decoder, tokenizer: tokenizer, seed: run.seed)
    if let images = model.images as? any SquareImageEncoder {
      MimeticInitialization.apply(to: images, seed: run.seed)
    }
    if let folder = run.initialDecoder { try take(model.decoder.parameters, from: folder) }
    if let folder = run.initialImages, let images = model.images {
      try take(images.towerParameters + images.projectorParameters, from: folder)
    }
    return model
  }

  /// Copies the full-precision weights that another run left in its state.
  private static func take(_ parameters: [Parameter], from folder: URL) throws {
    let file = try SafetensorsFile(folder.appendingPathComponent("state/state.safetensors"))
    for parameter in parameters {
      let tensor = try file.tensor("parameter.\(parameter.name)")
      guard tensor.shape == parameter.shape else {
        throw TrainingError("\(file.url.path): \(parameter.name) is \(tensor.shape), not \(parameter.shape)")
      }
      parameter.copy(tensor.floats())
    }
  }

  private static func symbolTables(_ folder: URL, width: Int) throws -> SymbolTables {
    let tables = SymbolTables(width: width, from: RandomParameters(seed: 0))
    try take(tables.parameters, from: folder)
    return tables
  }
}
