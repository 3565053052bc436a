internal import Checkpoints
package import Foundation
internal import StrictJSON
internal import Tensors
internal import Wording

/// What every training run has, whatever it learns from, as its JSON file describes it.
package struct RunConfiguration: Sendable {
  /// Groups of parameters that a run may change.
  package enum Part: String, Sendable, CaseIterable {
    case tower, projector, decoder, router
  }

  /// LoRA in place of the decoder's matrices.
  struct LowRank: Sendable, Equatable {
    let rank: Int
    /// The change is scaled by alpha / rank.
    let alpha: Double
  }

  /// How the tokens of an answer share its weight in the loss.
  package enum AnswerWeighting: String, Sendable, CaseIterable {
    /// Every token counts the same, as in LLaVA.
    case token
    /// Every answer counts the same, and its end a tenth of another token.
    case answer
  }

  /// The model that is changed: a folder.
  package let model: URL
  package let tokenizer: URL
  /// Where the run keeps its state, its log and, at the end, its model (`model/` inside).
  package let output: URL
  package let trainable: Set<Part>
  /// Learn low-rank changes of the matrices of the decoder's layers, and nothing else of the decoder.
  let lowRank: LowRank?
  package let seed: UInt64

  package let steps: Int
  /// Samples of a step: pictures with their questions, or conversations.
  let picturesPerStep: Int
  /// Backward passes per step; the samples of a step are dealt out to them in order.
  let pieces: Int
  package let answerWeighting: AnswerWeighting
  let precision: DType
  let rate: LearningRate
  let optimizer: AdamW.Settings

  let logEvery: Int
  let checkpointEvery: Int
  let validateEvery: Int
  let validationPictures: Int

  /// Reads a run file.
  /// - Parameters:
  ///   - folder: Where paths in it start.
  ///   - stageKeys: The keys that are left to the run's stage.
  ///   - sampleCount: How many samples an epoch has; nil for data without end.
  /// - Throws: `JSONError` naming the key and what it should be.
  init(_ json: JSONObject, from folder: URL, stageKeys: [String], sampleCount: Int?) throws(JSONError) {
    model = try json.path("model", from: folder)
    tokenizer = try json.path("tokenizer", from: folder)
    output = try json.path("output", from: folder)
    trainable = Set(try json.choices("trainable"))
    lowRank = try json.optionalObject("lora").map { object throws(JSONError) in
      LowRank(
        rank: try object.count("rank", through: CheckpointLimits.loraRank),
        alpha: try object.number("alpha", in: 0...1e6))
    }
    seed = UInt64(try json.count("seed", default: 1, from: 0))
    picturesPerStep = try json.count("pictures_per_step", default: 8, through: 1 << 16)
    steps = try Self.steps(json, picturesPerStep, sampleCount)
    pieces = try json.count("pieces", default: 2, through: 1 << 16)
    answerWeighting = try json.choice("answer_weighting", default: .token)
    precision = try json.choice("precision", default: .float32)
    rate = try LearningRate(json, steps: steps)
    optimizer = try AdamW.Settings(json)
    logEvery = try json.count("log_every", default: 20)
    checkpointEvery = try json.count("checkpoint_every", default: 500)
    validateEvery = try json.count("validate_every", default: 500)
    validationPictures = try json.count("validation_pictures", default: 100, from: 0)
    guard lowRank == nil || trainable.contains(.decoder) else {
      throw json.error(at: "lora", "it changes the decoder, which trainable leaves out")
    }
    guard picturesPerStep >= pieces else {
      throw json.error(
        at: "pieces", "\(pieces) pieces cannot be made of \(counted(picturesPerStep, "picture"))")
    }
    let keys = Self.keys + stageKeys
    if let unknown = json.keys.first(where: { !keys.contains($0) }) {
      throw json.error(at: unknown, "this key is unknown; known are \(keys.joined(separator: ", "))")
    }
  }

  /// The keys that every run may have.
  static let keys =
    [
      "stage", "model", "tokenizer", "output", "trainable", "lora", "seed", "steps", "epochs",
      "pictures_per_step", "pieces", "answer_weighting", "precision", "log_every", "checkpoint_every",
      "validate_every", "validation_pictures",
    ] + LearningRate.keys + AdamW.Settings.keys

  /// The length of the run, as the file says it or from how often it wants every sample to be seen.
  private static func steps(_ json: JSONObject, _ samplesPerStep: Int, _ sampleCount: Int?) throws(JSONError)
    -> Int
  {
    guard json["epochs"] != nil else {
      guard json["steps"] != nil else {
        throw json.error(at: "steps", "the key is missing; say how long the run is by steps or by epochs")
      }
      return try json.count("steps")
    }
    guard json["steps"] == nil else {
      throw json.error(at: "epochs", "steps says how long the run is as well; leave one of them out")
    }
    let epochs = try json.number("epochs", in: 1e-6...1e6)
    guard let sampleCount else {
      throw json.error(at: "epochs", "the pocket world has no end; say how long the run is by steps")
    }
    // As many samples as an array can hold, times a million, fit a Double and then an Int well enough.
    let steps = (epochs * Double(sampleCount) / Double(samplesPerStep)).rounded(.up)
    return max(1, Int(min(steps, Double(1 << 40))))
  }
}
