internal import Answering
internal import Checkpoints
package import Foundation
internal import MixtureOfDepths
internal import Models
package import StrictJSON
internal import Tensors

/// From a run file to a trained model.
package struct TrainingRun: Sendable {
  package let configuration: RunConfiguration
  private let stage: any TrainingStage

  /// Reads a run file.
  /// - Parameter folder: Where paths in it start.
  /// - Throws: `JSONError` or `TrainingError` naming the key and what it should be.
  package init<Stage: TrainingStage>(_ json: JSONObject, from folder: URL, stage: Stage.Type) throws {
    let stage = try Stage(json, from: folder)
    self.stage = stage
    configuration = try RunConfiguration(
      json, from: folder, stageKeys: Stage.keys, sampleCount: stage.sampleCount)
  }

  /// Trains and writes the model into `output/model`.
  /// - Parameters:
  ///   - resume: Go on from the state in `output`, if there is one.
  ///   - allowsChanges: Go on although the run file, or a file that it names, has changed since.
  ///   - threads: Pieces of a step that are computed at the same time; results do not depend on it.
  ///   - shouldStop: Asked after every step; true ends the run early with its state saved and no model written.
  ///   - onRead: Receives how many bytes of the model's weights have been read, and how many there are.
  ///   - progress: Receives how far the run is, after every step.
  ///   - report: Receives what is worth a line of its own.
  /// - Returns: The time of the steps, without reading and writing models.
  /// - Throws: An error that names the file, what is wrong and what to do.
  @discardableResult
  package func train(
    resume: Bool, allowsChanges: Bool = false, threads: Int, shouldStop: () -> Bool = { false },
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in },
    progress: (TrainingProgress) -> Void = { _ in }, report: (String) -> Void
  ) throws -> Duration {
    let folder = try RunFolder(
      configuration, identity: { try RunIdentity(configuration, stage: stage.identity()) },
      RunFolder.Resumption(isAsked: resume, allowsChanges: allowsChanges), report: report)
    let lesson = try stage.lesson(configuration, onRead: onRead)
    if let packed = lesson.model.parameters.first(where: \.isPacked) {
      throw TrainingError(
        "\(configuration.model.path): the weights are quantized to \(packed.precision.rawValue), which cannot learn; train the model that they were made from and quantize the result"
      )
    }
    try MemoryNeed(configuration, lesson, learnt: learntCount(lesson)).check()
    let changes = try lowRankChanges(lesson)
    let (model, own) = (lesson.model, lesson.task.ownParameters)
    let trainer = try Trainer(
      configuration, task: lesson.task,
      learnt: learntParameters(lesson, decoder: changes?.parameters ?? decoderParameters(lesson)) + own,
      all: model.parameters + (changes?.parameters ?? []) + own + lesson.fixed,
      fixed: lesson.fixed + (lesson.isNew ? model.parameters : []), threads: max(1, threads), in: folder)
    let time = try ContinuousClock().measure {
      try trainer.train(shouldStop: shouldStop, progress: progress, report: report)
    }
    guard trainer.steps == configuration.steps else { return time }
    try write(lesson, changes)
    report("wrote \(modelFolder.path)")
    return time
  }

  private var modelFolder: URL { configuration.output.appendingPathComponent("model") }

  /// Adds changes to the decoder where the run learns such.
  private func lowRankChanges(_ lesson: Lesson) throws -> LowRankTuning? {
    guard let lowRank = configuration.lowRank else { return nil }
    guard lesson.parts.contains(.decoder) else {
      throw TrainingError("lora changes the decoder, which this stage does not train; leave it out")
    }
    return LowRankTuning(lesson.model, lowRank, seed: configuration.seed)
  }

  /// The parameters that the run changes, of which those of the decoder are given.
  private func learntParameters(_ lesson: Lesson, decoder: [Parameter]) -> [Parameter] {
    let (model, parts) = (lesson.model, configuration.trainable.intersection(lesson.parts))
    var result: [Parameter] = []
    if parts.contains(.tower) { result += model.images?.towerParameters ?? [] }
    if parts.contains(.projector) { result += model.images?.projectorParameters ?? [] }
    if parts.contains(.decoder) { result += decoder }
    if parts.contains(.router) { result += model.routers }
    return result
  }

  /// The decoder's parameters without its routers.
  private func decoderParameters(_ lesson: Lesson) -> [Parameter] {
    let routers = lesson.model.routers
    return lesson.model.decoder.parameters.filter { parameter in !routers.contains { $0 === parameter } }
  }

  /// How many numbers the run changes.
  private func learntCount(_ lesson: Lesson) -> Double {
    let decoder = configuration.lowRank == nil ? decoderParameters(lesson) : []
    let changes = configuration.lowRank.map { LowRankTuning.count(lesson.model, rank: $0.rank) } ?? 0
    let whole = learntParameters(lesson, decoder: decoder) + lesson.task.ownParameters
    return whole.reduce(changes) { $0 + Double($1.count) }
  }

  private func write(_ lesson: Lesson, _ changes: LowRankTuning?) throws {
    if let changes {
      try changes.writeAdapter(
        to: configuration.output.appendingPathComponent("adapter"), base: configuration.model,
        replacing: lesson.model.routers)
      changes.merge()
    }
    try ModelFolder.write(
      lesson.model.tuned, to: modelFolder, format: .plain(.bfloat16),
      documents: FolderDocuments(configuration.tokenizer))
    guard !lesson.task.ownParameters.isEmpty else { return }
    // What the task has learnt besides the model, for the stages behind it.
    var writer = SafetensorsWriter()
    for parameter in lesson.task.ownParameters { try writer.add(parameter.name, parameter.tensor) }
    try writer.write(to: configuration.output.appendingPathComponent("stage.safetensors"))
  }
}
