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
  ///   - threads: Pieces of a step that are computed at the same time; results do not depend on it.
  ///   - shouldStop: Asked after every step; true ends the run early with its state saved and no model written.
  ///   - onRead: Receives how many bytes of the model's weights have been read, and how many there are.
  ///   - progress: Receives how far the run is, after every step.
  ///   - report: Receives what is worth a line of its own.
  /// - Returns: The time of the steps, without reading and writing models.
  /// - Throws: An error that names the file, what is wrong and what to do.
  @discardableResult
  package func train(
    resume: Bool, threads: Int, shouldStop: () -> Bool = { false },
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in },
    progress: (TrainingProgress) -> Void = { _ in }, report: (String) -> Void
  ) throws -> Duration {
    let lesson = try stage.lesson(configuration, onRead: onRead)
    let changes = try lowRankChanges(lesson)
    let (model, own) = (lesson.model, lesson.task.ownParameters)
    let trainer = try Trainer(
      configuration, task: lesson.task, learnt: learntParameters(lesson, changes) + own,
      all: model.parameters + (changes?.parameters ?? []) + own + lesson.fixed, threads: max(1, threads),
      resume: resume)
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

  private func learntParameters(_ lesson: Lesson, _ changes: LowRankTuning?) -> [Parameter] {
    let (model, parts) = (lesson.model, configuration.trainable.intersection(lesson.parts))
    let routers = model.routers
    var result: [Parameter] = []
    if parts.contains(.tower) { result += model.images?.towerParameters ?? [] }
    if parts.contains(.projector) { result += model.images?.projectorParameters ?? [] }
    if let changes {
      result += changes.parameters
    } else if parts.contains(.decoder) {
      result += model.decoder.parameters.filter { parameter in !routers.contains { $0 === parameter } }
    }
    if parts.contains(.router) { result += routers }
    return result
  }

  private func write(_ lesson: Lesson, _ changes: LowRankTuning?) throws {
    if let changes {
      try changes.writeAdapter(
        to: configuration.output.appendingPathComponent("adapter"), base: configuration.model,
        replacing: lesson.model.routers)
      changes.merge()
    }
    try ModelFolder.write(
      lesson.model.tuned, to: modelFolder, format: .plain(.bfloat16), tokenizer: configuration.tokenizer)
    guard !lesson.task.ownParameters.isEmpty else { return }
    // What the task has learnt besides the model, for the stages behind it.
    var writer = SafetensorsWriter()
    for parameter in lesson.task.ownParameters { try writer.add(parameter.name, parameter.tensor) }
    try writer.write(to: configuration.output.appendingPathComponent("stage.safetensors"))
  }
}
