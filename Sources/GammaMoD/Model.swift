internal import Answering
public import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Models
internal import Tokenization

/// A vision-language model with its tokenizer, ready to be asked by any number of tasks at the same time.
///
/// ```swift
/// let model = try await Model.load(URL(filePath: "models/pocket-gamma"))
/// let picture = try Picture(contentsOf: URL(filePath: "demo/1.png"))
/// for try await event in try await model.ask("What color is the circle?", about: [picture]) {
///   if case .text(let text) = event { print(text, terminator: "") }
///   if case .finished(let answer) = event { print("\nskipped \(answer.skipRatio)") }
/// }
/// ```
///
/// Requests are answered side by side, on threads of the model's own that end with the last reference to it. What they have in
/// common is read once: the beginning of a conversation, and pictures.
public final class Model: Sendable {
  private let session: VisionLanguageSession
  private let engine: Engine

  private init(_ session: VisionLanguageSession) {
    self.session = session
    engine = Engine(session)
  }

  /// Loads a checkpoint folder, without holding up the caller's thread.
  /// - Parameters:
  ///   - folder: A folder of config.json, weights and the tokenizer's files, as published, or a GGUF file.
  ///   - weights: Their format in memory; nil for the stored one.
  ///   - threads: The most threads that one operation uses, at least 1.
  ///   - systemText: What the model is told in front of every conversation; nil for the template's own words.
  ///   - template: The name of the conversation template, such as `vicuna_v1`; nil for the chat template that
  ///     came with the model, or the one that its family was trained with.
  ///   - base: The model that `folder` only changes, if it holds an adapter or a projector and does not name its base.
  ///   - projector: The file of the picture encoder of a model in a GGUF file; without it such a model reads text only.
  ///   - families: The families that can be loaded.
  /// - Throws: `.model`, `.checkpoint`, `.json` or `.tokenizer`, with the file at fault and what to do.
  public static func load(
    _ folder: URL, weights: WeightFormat? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, systemText: String? = nil,
    template: String? = nil, base: URL? = nil, projector: URL? = nil, families: ModelFamilies = .standard
  ) async throws(GammaModError) -> Model {
    let place = ModelPlace(folder, base: base, projector: projector)
    return try await Worker.run { cancellation in
      let session = try VisionLanguageSession(
        place, precision: weights?.precision ?? GammaModel.usualPrecision(place),
        template: template.map(ConversationTemplate.named),
        system: systemText, threads: max(1, threads), registry: families.registry)
      try cancellation.check()
      return Model(session)
    }
  }

  /// Asks one question.
  /// - Parameters:
  ///   - question: What is asked; whatever it spells stays text.
  ///   - pictures: What it is about; they stand in front of it.
  ///   - options: How it is answered.
  /// - Throws: As the `ask` of a conversation.
  public func ask(
    _ question: String, about pictures: [Picture] = [], options: AnswerOptions = AnswerOptions()
  ) async throws(GammaModError) -> AnswerStream {
    var conversation = Conversation()
    conversation.addQuestion(question, about: pictures)
    return try await ask(conversation, options: options)
  }

  /// Asks the last question of a conversation. Only what is new in it is read.
  /// - Parameters:
  ///   - conversation: Ends with a question.
  ///   - options: How it is answered.
  /// - Returns: What happens to the request; iterate it, or wait for its `answer`.
  /// - Throws: `.request` if an option makes no sense, nothing is asked, or the model reads no pictures; `.tokenizer` if the
  ///   template does not allow such a conversation; `.picture` if a picture's shape is too extreme. What is found later, such
  ///   as `.promptTooLong` or `.queueFull`, is thrown by the stream.
  @concurrent public func ask(_ conversation: Conversation, options: AnswerOptions = AnswerOptions())
    async throws(GammaModError) -> AnswerStream
  {
    try GammaModError.translating {
      guard conversation.dialogue.isAsked else {
        throw GammaModError(.request, "the conversation ends with no question; add one before it is asked")
      }
      let prompt = try conversation.dialogue.prompt(session)
      let request = AnswerRequest(prompt, try options.forEngine(session.model.routing))
      return AnswerStream(engine.submit(request)) {
        [session, picture = conversation.dialogue.pictures.first] in
        Answer(AnswerReport($0, to: prompt, session), picture: picture)
      }
    }
  }
}
