internal import Checkpoints
package import Foundation
internal import PocketWorld
package import StrictJSON
package import Tensors

/// A training run, as its JSON file describes it.
package struct RunConfiguration: Sendable {
  /// What is learnt.
  package enum Stage: String, Sendable, CaseIterable {
    /// The decoder learns to answer about symbolic scenes: image rows are sums of label embeddings, no pixels.
    case symbols
    /// The tower learns what each patch shows; the projector learns the rows that the symbolic stage used.
    case patches
    /// Pictures and questions, end to end, dense or routed.
    case instruct
  }

  /// Groups of parameters that a run may change.
  package enum Part: String, Sendable, CaseIterable {
    case tower, projector, decoder, router
  }

  package var stage: Stage
  /// The architecture: a model folder, or a config.json for a model with new weights.
  package var model: URL
  /// Folders from which to take the decoder, or the tower and projector, when `model` has no weights.
  package var initialDecoder: URL?
  package var initialImages: URL?
  package var tokenizer: URL
  /// Where the run keeps its state, its log and, at the end, its model (`model/` inside).
  package var output: URL
  package var trainable: Set<Part>
  /// LoRA in place of the decoder's matrices.
  package struct LowRank: Sendable, Equatable {
    package var rank: Int
    /// The change is scaled by alpha / rank.
    package var alpha: Double
  }

  /// Learn low-rank changes of the matrices of the decoder's layers, and nothing else of the decoder.
  package var lowRank: LowRank?
  /// Conversations to learn from, and to validate by, in place of the pocket world's pictures.
  package struct Conversations: Sendable {
    /// In LLaVA's format: a JSON array, or JSON Lines.
    package var data: URL
    /// The folder in which the samples' pictures are.
    package var images: URL
    package var validation: URL?
    /// The name of the template that writes the turns; nil for the one of the model's family.
    package var template: String?
    /// Tokens, a picture counting as one, after which a conversation is cut.
    package var maximalLength: Int
  }

  package var conversations: Conversations?
  package var worldSeed: UInt64
  package var seed: UInt64

  package var steps: Int
  package var picturesPerStep: Int
  /// Backward passes per step; the pictures of a step are dealt out to them in order.
  package var pieces: Int
  /// How the tokens of an answer share its weight in the loss.
  package enum AnswerWeighting: String, Sendable, CaseIterable {
    /// Every token counts the same, as in LLaVA.
    case token
    /// Every answer counts the same, and its end a tenth of another token.
    case answer
  }

  package var answerWeighting: AnswerWeighting
  /// Whether practice questions join those of the nine kinds.
  package var practice: Bool
  /// How often each kind of question is drawn for a picture.
  package var questionRounds: Int
  /// The most questions about one picture, chosen in turn; nil for all that were drawn.
  package var questionsPerPicture: Int?
  /// How many times more than that some kinds are drawn, by their names.
  package var extraQuestions: [String: Int]
  /// The share of questions that are asked without the request for a short answer, as people ask.
  package var bareQuestionShare: Double
  /// How many image rows a symbolic scene keeps; one of these, drawn for each picture. Empty means all.
  package var imageRowCounts: [Int]
  package var precision: DType

  package var learningRate: Double
  package var warmupSteps: Int
  /// The learning rate at the end, as a share of `learningRate`; a cosine leads there.
  package var finalRateShare: Double
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  package var weightDecay: Double
  package var gradientClip: Double

  package var logEvery: Int
  package var checkpointEvery: Int
  package var validateEvery: Int
  package var validationPictures: Int

  /// Reads a run file. Paths in it are relative to the current folder.
  /// - Throws: `JSONError` or `TrainingError` naming the key and what it should be.
  package init(contentsOf url: URL) throws {
    let json = try JSONObject.read(contentsOf: url)
    try self.init(json)
  }

  /// - Throws: As `init(contentsOf:)`.
  package init(_ json: JSONObject) throws {
    stage = try Self.choice(json, "stage")
    model = URL(fileURLWithPath: try json.string("model"))
    initialDecoder = try json.optionalString("initial_decoder").map { URL(fileURLWithPath: $0) }
    initialImages = try json.optionalString("initial_images").map { URL(fileURLWithPath: $0) }
    tokenizer = URL(fileURLWithPath: try json.string("tokenizer"))
    output = URL(fileURLWithPath: try json.string("output"))
    trainable = Set(
      try (json.optionalStrings("trainable") ?? Part.allCases.map(\.rawValue)).map { name in
        guard let part = Part(rawValue: name) else {
          throw json.error(at: "trainable", "\"\(name)\" is none of \(Self.names(Part.self))")
        }
        return part
      })
    if let object = try json.optionalObject("lora") {
      lowRank = LowRank(
        rank: try Self.count(object, "rank", default: nil, from: 1, through: CheckpointLimits.loraRank),
        alpha: try Self.number(object, "alpha", default: nil, in: 0...1e6))
      guard trainable.contains(.decoder) else {
        throw json.error(at: "lora", "it changes the decoder, which trainable leaves out")
      }
    }
    if let data = try json.optionalString("data") {
      let url = URL(fileURLWithPath: data)
      conversations = Conversations(
        data: url,
        images: try json.optionalString("images").map { URL(fileURLWithPath: $0) }
          ?? url.deletingLastPathComponent(),
        validation: try json.optionalString("validation_data").map { URL(fileURLWithPath: $0) },
        template: try json.optionalString("conversation"),
        maximalLength: try Self.count(json, "max_length", default: 2048, from: 1))
      guard stage == .instruct else {
        throw json.error(at: "data", "only the stage instruct learns from conversations")
      }
    }
    worldSeed = UInt64(try Self.count(json, "world_seed", default: 1, from: 0))
    seed = UInt64(try Self.count(json, "seed", default: 1, from: 0))
    steps = try Self.count(json, "steps", default: nil, from: 1)
    picturesPerStep = try Self.count(json, "pictures_per_step", default: 8, from: 1)
    pieces = try Self.count(json, "pieces", default: 2, from: 1)
    answerWeighting = json["answer_weighting"] == nil ? .token : try Self.choice(json, "answer_weighting")
    practice = try json.optionalBool("practice") ?? false
    questionRounds = try Self.count(
      json, "question_rounds", default: 1, from: 1)
    if json["questions_per_picture"] != nil {
      questionsPerPicture = try Self.count(json, "questions_per_picture", default: nil, from: 1)
    }
    extraQuestions = [:]
    for (kind, _) in try json.optionalObject("extra_questions") ?? JSONObject() {
      let extra = try json.object("extra_questions")
      guard QuestionKind(rawValue: kind) != nil else {
        throw extra.error(
          at: kind, "it is none of \(QuestionKind.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      extraQuestions[kind] = try Self.count(extra, kind, default: nil, from: 0)
    }
    bareQuestionShare = try Self.number(json, "bare_questions", default: 0, in: 0...1)
    imageRowCounts = try json.optionalInts("image_rows") ?? []
    precision = try json["precision"] == nil ? .float32 : Self.choice(json, "precision")
    learningRate = try Self.number(json, "learning_rate", default: nil, in: 0...1)
    warmupSteps = try Self.count(json, "warmup_steps", default: 0, from: 0)
    finalRateShare = try Self.number(json, "final_rate_share", default: 0, in: 0...1)
    beta1 = try Self.number(json, "beta1", default: 0.9, in: 0...0.9999)
    beta2 = try Self.number(json, "beta2", default: 0.98, in: 0...0.99999)
    epsilon = try Self.number(json, "epsilon", default: 1e-8, in: 0...1)
    weightDecay = try Self.number(json, "weight_decay", default: 0.05, in: 0...10)
    gradientClip = try Self.number(json, "gradient_clip", default: 1, in: 0...1e6)
    logEvery = try Self.count(json, "log_every", default: 20, from: 1)
    checkpointEvery = try Self.count(json, "checkpoint_every", default: 500, from: 1)
    validateEvery = try Self.count(json, "validate_every", default: 500, from: 1)
    validationPictures = try Self.count(json, "validation_pictures", default: 100, from: 0)
    guard picturesPerStep >= pieces else {
      throw json.error(at: "pieces", "\(pieces) pieces cannot be made of \(picturesPerStep) pictures")
    }
    if let unknown = json.keys.first(where: { !Self.keys.contains($0) }) {
      throw json.error(at: unknown, "this key is unknown; known are \(Self.keys.joined(separator: ", "))")
    }
  }

  private static let keys = [
    "stage", "model", "initial_decoder", "initial_images", "tokenizer", "output", "trainable", "lora",
    "data", "images", "validation_data", "conversation", "max_length",
    "world_seed", "seed",
    "steps", "pictures_per_step", "question_rounds", "questions_per_picture",
    "extra_questions", "bare_questions", "answer_weighting",
    "practice",
    "pieces", "image_rows",
    "precision", "learning_rate",
    "warmup_steps",
    "final_rate_share", "beta1", "beta2", "epsilon", "weight_decay", "gradient_clip", "log_every",
    "checkpoint_every",
    "validate_every", "validation_pictures",
  ]

  private static func names<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
  where Choice.RawValue == String {
    Choice.allCases.map(\.rawValue).joined(separator: ", ")
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(_ json: JSONObject, _ key: String)
    throws -> Choice
  where Choice.RawValue == String {
    let name = try json.string(key)
    guard let choice = Choice(rawValue: name) else {
      throw json.error(at: key, "\"\(name)\" is none of \(names(Choice.self))")
    }
    return choice
  }

  private static func count(
    _ json: JSONObject, _ key: String, default fallback: Int?, from least: Int, through most: Int = 1 << 40
  ) throws -> Int {
    let value = try fallback.map { try json.optionalInt(key) ?? $0 } ?? json.int(key)
    guard (least...most).contains(value) else {
      throw json.error(at: key, "a whole number from \(least) to \(most) is needed, not \(value)")
    }
    return value
  }

  private static func number(
    _ json: JSONObject, _ key: String, default fallback: Double?, in range: ClosedRange<Double>
  ) throws -> Double {
    let value = try fallback.map { try json.optionalDouble(key) ?? $0 } ?? json.double(key)
    guard range.contains(value) else {
      throw json.error(at: key, "a number in \(range) is needed, not \(value)")
    }
    return value
  }

  /// The learning rate of a step, counted from 0: a linear warm-up, then a cosine down to its final share.
  package func rate(step: Int) -> Double {
    if step < warmupSteps { return learningRate * Double(step + 1) / Double(warmupSteps) }
    let progress = Double(step - warmupSteps) / Double(max(1, steps - warmupSteps))
    let share = finalRateShare + (1 - finalRateShare) * 0.5 * (1 + cos(Double.pi * progress))
    return learningRate * share
  }
}
