package import Foundation
internal import Loading
internal import MixtureOfDepths
package import StrictJSON

/// A model of its own folder learns from conversations in LLaVA's format.
package struct ConversationStage: TrainingStage {
  package static let keys = ["data", "images", "validation_data", "conversation", "max_length"]

  /// A JSON array of samples, or JSON Lines.
  let data: URL
  /// The samples, where they had to be counted already.
  private let counted: [InstructionSample]?
  /// The folder in which the samples' pictures are.
  let images: URL
  let validation: URL?
  /// The name of the template that writes the turns; nil for the one of the model's family.
  let template: String?
  /// Tokens, a picture counting as one, after which a conversation is cut.
  let maximalLength: Int

  package init(_ json: JSONObject, from folder: URL) throws {
    guard try json.string("stage") == "instruct" else {
      throw json.error(at: "data", "only the stage instruct learns from conversations")
    }
    data = try json.path("data", from: folder)
    images = try json.optionalPath("images", from: folder) ?? data.deletingLastPathComponent()
    validation = try json.optionalPath("validation_data", from: folder)
    template = try json.optionalString("conversation")
    maximalLength = try json.count("max_length", default: 2048)
    counted = json["epochs"] == nil ? nil : try InstructionSample.read(data)
  }

  package var sampleCount: Int? { counted?.count }

  /// - Throws: `JSONError` or `TrainingError` if they cannot be read.
  func samples() throws -> [InstructionSample] { try counted ?? InstructionSample.read(data) }

  package func lesson(
    _ run: RunConfiguration, onRead: @escaping (_ read: Int, _ all: Int) -> Void
  ) throws -> Lesson {
    let model = try GammaModel.load(run.model, onRead: onRead)
    return Lesson(model, try ConversationTask(self, run, model: model))
  }
}
