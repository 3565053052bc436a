package import Foundation
package import Models
package import StrictJSON
package import Tensors

/// What a run learns from: it reads keys of its own from the run file, and prepares the model and the task.
package protocol TrainingStage: Sendable {
  /// The keys of a run file that only this stage knows.
  static var keys: [String] { get }
  /// - Parameter folder: Where paths in the file start.
  /// - Throws: `JSONError` or `TrainingError` naming the key and what it should be.
  init(_ json: JSONObject, from folder: URL) throws
  /// How many samples an epoch has; nil for data without end.
  var sampleCount: Int? { get }
  /// - Parameter onRead: Receives how many bytes of the model's weights have been read, and how many there are.
  /// - Throws: An error that names the file, what is wrong and what to do.
  func lesson(_ run: RunConfiguration, onRead: @escaping (_ read: Int, _ all: Int) -> Void) throws -> Lesson
}

/// A model, and what it is to learn.
package struct Lesson {
  let model: VisionLanguageModel
  let task: any TrainingTask
  /// The parts of the model that take part in the task; others stay whatever the run file says.
  let parts: Set<RunConfiguration.Part>
  /// Parameters besides the model's that are kept with the run's state but not learnt.
  let fixed: [Parameter]

  package init(
    _ model: VisionLanguageModel, _ task: any TrainingTask,
    parts: Set<RunConfiguration.Part> = Set(RunConfiguration.Part.allCases), fixed: [Parameter] = []
  ) {
    self.model = model
    self.task = task
    self.parts = parts
    self.fixed = fixed
  }
}
